import type { Filter } from '../wanted-point.ts';

/** The filter as the kernel reads it (Documentation/trace/events.rst, 5.1). */
export function filterText(filter: Filter | undefined): string | undefined {
  if (filter === undefined) return undefined;
  if ('equals' in filter) return `${filter.field} == ${filter.equals}`;
  if ('oneOf' in filter) return filter.oneOf.map((value) => `${filter.field} == ${value}`).join(' || ');
  return `${filter.field} ~ "${filter.begins}*"`;
}
