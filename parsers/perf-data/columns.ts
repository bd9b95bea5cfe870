/**
 * Which fields of a tracepoint's record fill the columns of its row. The values are those that the readers of trace
 * text make of the same event as printed (parsers/ftrace), so that both give the same rows; addresses of kernel
 * objects are the exception, which text may show hashed. Fields are found by name, never by version.
 */
import { kindByName } from '../event-kinds.ts';
import { blockColumns } from './block-columns.ts';
import type { ColumnPlanner, ColumnSources } from './column-source.ts';
import { kvmColumns } from './kvm-columns.ts';
import { probeColumns } from './probe-columns.ts';
import { RecordFields } from './record-fields.ts';
import type { StringField } from './string-field.ts';
import { syscallColumns } from './syscall-columns.ts';
import type { TracepointFormat } from './tracepoint-format.ts';

/** An event that is understood, and how its records are read. */
export interface ColumnPlan extends ColumnSources {
  /** Row id of EVENT_KINDS. */
  readonly kind: number;
  /** Bytes a record must have. */
  readonly needs: number;
}

const PLANNERS: Readonly<Record<string, ColumnPlanner>> = {
  ...blockColumns,
  ...kvmColumns,
  ...probeColumns,
  ...syscallColumns,
};

const nothing: ColumnPlanner = () => ({});

/**
 * How to read a tracepoint. 'unused' when iotrace has no use for the event, 'unfit' when it has the name of one but
 * not its fields.
 */
export function planColumns(format: TracepointFormat, strings: StringField): ColumnPlan | 'unused' | 'unfit' {
  const kind = kindByName(format.name);
  if (kind === undefined) return 'unused';
  const fields = new RecordFields(format);
  const sources = (PLANNERS[kind.name] ?? nothing)(fields, strings);
  return sources === undefined ? 'unfit' : { ...sources, kind: kind.id, needs: fields.needs };
}
