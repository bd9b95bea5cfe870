/**
 * Which fields of a tracepoint's record fill the columns of its row. The values are those that the readers of trace
 * text make of the same event as printed (parsers/ftrace), so that both give the same rows; addresses of kernel
 * objects are the exception, which text may show hashed. Fields are found by name, never by version.
 */
import { kindByName } from '../event-kinds.ts';
import { blockColumns } from './block-columns.ts';
import type { ColumnPlanner, ColumnReader, Columns } from './column-reader.ts';
import { kvmColumns } from './kvm-columns.ts';
import { probeColumns } from './probe-columns.ts';
import { RecordFields } from './record-fields.ts';
import type { StringField } from './string-field.ts';
import { syscallColumns } from './syscall-columns.ts';
import type { TracepointFormat } from './tracepoint-format.ts';

/** An event that is understood, and how its records are read. */
export interface ColumnPlan {
  /** Row id of EVENT_KINDS. */
  readonly kind: number;
  /** Bytes a record must have. */
  readonly needs: number;
  readonly read: ColumnReader;
}

/** Whether the columns hold what a row can: an unsigned and a signed 32-bit number, and a whole number or NaN. */
export function areInRange({ dev, tag, aux }: Columns): boolean {
  return dev >>> 0 === dev && (aux | 0) === aux && (Number.isSafeInteger(tag) || Number.isNaN(tag));
}

const PLANNERS: Readonly<Record<string, ColumnPlanner>> = {
  ...blockColumns,
  ...kvmColumns,
  ...probeColumns,
  ...syscallColumns,
};

const nothing: ColumnPlanner = () => () => true;

/**
 * How to read a tracepoint. 'unused' when iotrace has no use for the event, 'unfit' when it has the name of one but
 * not its fields.
 */
export function planColumns(format: TracepointFormat, strings: StringField): ColumnPlan | 'unused' | 'unfit' {
  const kind = kindByName(format.name);
  if (kind === undefined) return 'unused';
  const fields = new RecordFields(format);
  const read = (PLANNERS[kind.name] ?? nothing)(fields, strings);
  return read === undefined ? 'unfit' : { kind: kind.id, needs: fields.needs, read };
}
