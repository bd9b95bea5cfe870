import { FORM, type NumberField } from './column-source.ts';
import type { TracepointField, TracepointFormat } from './tracepoint-format.ts';

/** By size in bytes, negative where it has a sign. */
const FORMS: Readonly<Record<number, number>> = {
  1: FORM.u8,
  2: FORM.u16,
  4: FORM.u32,
  8: FORM.u64,
  [-1]: FORM.i8,
  [-2]: FORM.i16,
  [-4]: FORM.i32,
  [-8]: FORM.i64,
};

/**
 * The fields of one tracepoint, and how many bytes of a record those that were asked for need together, so that a
 * sample's length is checked once and not per field.
 */
export class RecordFields {
  readonly #format: TracepointFormat;
  /** Bytes a record must have for all fields handed out so far. */
  needs = 0;

  constructor(format: TracepointFormat) {
    this.#format = format;
  }

  /** The first of these fields that the record has. */
  find(...names: readonly string[]): TracepointField | undefined {
    const name = names.find((candidate) => this.#format.fields.has(candidate));
    const field = name === undefined ? undefined : this.#format.fields.get(name)!;
    if (field !== undefined) this.needs = Math.max(this.needs, field.offset + field.size);
    return field;
  }

  /** The first of these fields that the record has, if it is a whole number. */
  number(...names: readonly string[]): NumberField | undefined {
    const field = this.find(...names);
    if (field === undefined || field.place !== 'here') return undefined;
    const form = FORMS[field.isSigned ? -field.size : field.size];
    return form === undefined ? undefined : { form, offset: field.offset };
  }

  /** As `number`, of an address or a register: the low 48 bits of an unsigned 64-bit field. */
  address(...names: readonly string[]): NumberField | undefined {
    const field = this.find(...names);
    if (field === undefined || field.isSigned || field.size !== 8) return this.number(...names);
    return { form: FORM.address, offset: field.offset };
  }
}
