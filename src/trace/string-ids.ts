import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { Columns } from './columns.ts';

/** Kinds whose `dev` is a string id. */
const NAMED = EVENT_KINDS.map((kind) => kind.shape === 'irq');

/** Whether `dev` of a row of this kind is the id of a string. */
export function namesString(kind: number): boolean {
  return NAMED[kind] === true;
}

/** Gives the rows [from, to) that name a string its id in another list: `ids`, by the id they have. */
export function renameStrings(
  { kind, dev }: Columns,
  from: number,
  to: number,
  ids: readonly number[],
): void {
  for (let row = from; row < to; row++) if (NAMED[kind[row]!]) dev[row] = ids[dev[row]!]!;
}
