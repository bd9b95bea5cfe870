/** How the readers of tracepoint records hand over a row's columns: between `columns.ts`, which plans, and one file per family. */
import type { RecordFields } from './record-fields.ts';
import type { StringField } from './string-field.ts';

/** The three columns of a row. One object, used for every sample. */
export interface Columns {
  dev: number;
  tag: number;
  aux: number;
}

/**
 * Fills the columns from a record of `size` bytes at `raw`; false when a field has a value that it cannot have. Whether
 * the columns hold numbers of their range is for `areInRange` to say.
 */
export type ColumnReader = (view: DataView, raw: number, columns: Columns, size: number) => boolean;

/** Makes the reader of one event from its fields; undefined when it lacks one that it must have. */
export type ColumnPlanner = (fields: RecordFields, strings: StringField) => ColumnReader | undefined;
