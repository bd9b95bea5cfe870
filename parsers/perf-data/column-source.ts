/** How the columns of a row are made of a tracepoint's record: between `columns.ts`, which plans, and one file per family. */
import type { RecordFields } from './record-fields.ts';
import type { StringField } from './string-field.ts';

/** What a number of a record is. `address`: the low 48 bits of 64. */
export const FORM = { u8: 1, u16: 2, u32: 3, u64: 4, i8: 5, i16: 6, i32: 7, i64: 8, address: 9 } as const;

/** A number of a record, at an offset from where its raw bytes begin. Data and not a function: millions are read by one loop. */
export interface NumberField {
  /** One of FORM. */
  readonly form: number;
  readonly offset: number;
}

/**
 * Makes a number of the record of `size` bytes that begins at `raw`. One that its column cannot hold says that a field has a value
 * that it cannot have.
 */
export type MadeNumber = (view: DataView, raw: number, size: number) => number;

/** A field as it is, or what is made of some. */
export type ColumnSource = NumberField | MadeNumber;

/** In place of a number: a field has a value that it cannot have. */
export const IMPOSSIBLE = Number.POSITIVE_INFINITY;

/** The columns of a row that an event fills. */
export interface ColumnSources {
  readonly dev?: ColumnSource | undefined;
  readonly tag?: ColumnSource | undefined;
  readonly aux?: ColumnSource | undefined;
}

/** Says of what an event's columns are made, from its fields; undefined when it lacks one that it must have. */
export type ColumnPlanner = (fields: RecordFields, strings: StringField) => ColumnSources | undefined;

/** The number of a form that stands at a place. */
export function numberAt(view: DataView, form: number, at: number): number {
  switch (form) {
    case FORM.u8:
      return view.getUint8(at);
    case FORM.u16:
      return view.getUint16(at, true);
    case FORM.u32:
      return view.getUint32(at, true);
    case FORM.u64:
      return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    case FORM.i8:
      return view.getInt8(at);
    case FORM.i16:
      return view.getInt16(at, true);
    case FORM.i32:
      return view.getInt32(at, true);
    case FORM.i64:
      return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    case FORM.address:
      return view.getUint16(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    default:
      return IMPOSSIBLE;
  }
}

/** The number that a field of a record holds. */
export function numberOf({ form, offset }: NumberField, view: DataView, raw: number): number {
  return numberAt(view, form, raw + offset);
}
