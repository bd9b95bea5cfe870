import * as z from 'zod';
import type { DiffModel } from '../diff/diff-model.ts';
import { diffSchema } from '../diff/diff-schema.ts';
import type { PathComparison } from '../report/compare-paths.ts';
import type { ReportModel } from '../report/report-model.ts';
import { reportSchema } from '../report/report-schema.ts';

/** Characters JSON allows in a string but that hurt where it is printed, embedded in a page, or read by an editor. */
const UNSAFE = /[<\p{Cf}\p{Co}\p{Zl}\p{Zp}\u007f-\u009f]/gu;

/**
 * The report as JSON: fields in the order of the schema, keys of records sorted, two spaces, one newline at the
 * end. The same model gives the same bytes however it was built. A number that is not finite is null (nothing was observed).
 */
export function renderJson(model: ReportModel): string {
  return safeJson(inOrder(model, reportSchema));
}

/** The comparison of several reports as JSON, its fields in the order of its type. */
export function comparisonJson(comparison: PathComparison): string {
  return safeJson(comparison);
}

/** A diff as JSON, as renderJson does it for a report. */
export function diffJson(model: DiffModel): string {
  return safeJson(inOrder(model, diffSchema));
}

function safeJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(UNSAFE, escapeUnits)}\n`;
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** A copy of a value with its keys in the order of a schema; what the schema does not name comes after, sorted. */
function inOrder(value: unknown, schema: unknown): unknown {
  if (schema instanceof z.ZodNullable) return inOrder(value, schema.unwrap());
  if (Array.isArray(value)) {
    const element = schema instanceof z.ZodArray ? schema.element : undefined;
    return value.map((item) => inOrder(item, element));
  }
  if (typeof value !== 'object' || value === null) return value;
  const shape: Record<string, unknown> = schema instanceof z.ZodObject ? schema.shape : {};
  const entries = new Map(Object.entries(value));
  const named = Object.keys(shape).filter((key) => entries.has(key));
  const others = [...entries.keys()].filter((key) => !Object.hasOwn(shape, key)).toSorted();
  return Object.fromEntries([...named, ...others].map((key) => [key, inOrder(entries.get(key), shape[key])]));
}
