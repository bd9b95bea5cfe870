import type { TracepointField, TracepointFormat } from './tracepoint-format.ts';

/** Reads one number of a record whose raw bytes begin at `raw`. */
export type NumberReader = (view: DataView, raw: number) => number;

/**
 * The fields of one tracepoint as readers, and how many bytes of a record they need together, so that a sample's
 * length is checked once and not per field.
 */
export class RecordFields {
  readonly #format: TracepointFormat;
  /** Bytes a record must have for all readers handed out so far. */
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

  /** A reader of the first of these fields that the record has, if it is a whole number. */
  number(...names: readonly string[]): NumberReader | undefined {
    const field = this.find(...names);
    if (field === undefined || field.place !== 'here') return undefined;
    const { offset } = field;
    switch (field.isSigned ? -field.size : field.size) {
      case 1:
        return (view, raw) => view.getUint8(raw + offset);
      case 2:
        return (view, raw) => view.getUint16(raw + offset, true);
      case 4:
        return (view, raw) => view.getUint32(raw + offset, true);
      case 8:
        return (view, raw) =>
          view.getUint32(raw + offset + 4, true) * 2 ** 32 + view.getUint32(raw + offset, true);
      case -1:
        return (view, raw) => view.getInt8(raw + offset);
      case -2:
        return (view, raw) => view.getInt16(raw + offset, true);
      case -4:
        return (view, raw) => view.getInt32(raw + offset, true);
      case -8:
        return (view, raw) =>
          view.getInt32(raw + offset + 4, true) * 2 ** 32 + view.getUint32(raw + offset, true);
      default:
        return undefined;
    }
  }

  /** As `number`, of an address or a register: the low 48 bits of an unsigned 64-bit field. */
  address(...names: readonly string[]): NumberReader | undefined {
    const field = this.find(...names);
    if (field === undefined || field.isSigned || field.size !== 8) return this.number(...names);
    const { offset } = field;
    return (view, raw) =>
      view.getUint16(raw + offset + 4, true) * 2 ** 32 + view.getUint32(raw + offset, true);
  }
}
