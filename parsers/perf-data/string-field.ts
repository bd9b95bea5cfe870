import { ByteTable, hashBytes, NOT_FOUND } from '../byte-table.ts';
import { readText } from './binary.ts';
import type { MadeNumber } from './column-source.ts';
import type { RecordFields } from './record-fields.ts';

/** Different texts that are remembered; a machine has a few hundred interrupt names. */
const MAX_TEXTS = 4096;

/** Reads text fields without making a string of each: a text is asked for once and then remembered. */
export class StringField {
  readonly #texts = new ByteTable(MAX_TEXTS);
  readonly #stringId: (text: string) => number;

  /** `stringId` gives the id of a text, as EventSink.string does. */
  constructor(stringId: (text: string) => number) {
    this.#stringId = stringId;
  }

  /**
   * Makes the string id of this field, which holds text or the place of one: the length in the upper half, the offset in the lower. -1,
   * which no column holds, when the text is not inside the record.
   */
  reader(fields: RecordFields, name: string): MadeNumber | undefined {
    const field = fields.find(name);
    if (field === undefined) return undefined;
    const { offset, place } = field;
    if (place === 'here') return (view, raw) => this.#idOf(view, raw + offset, raw + offset + field.size);
    if (field.size !== 4) return undefined;
    const from = place === 'relative' ? offset + 4 : 0;
    return (view, raw, size) => {
      const start = view.getUint16(raw + offset, true) + from;
      const end = start + view.getUint16(raw + offset + 2, true);
      return end <= size ? this.#idOf(view, raw + start, raw + end) : -1;
    };
  }

  #idOf(view: DataView, start: number, limit: number): number {
    let end = start;
    while (end < limit && view.getUint8(end) !== 0) end++;
    const hash = hashBytes(view, start, end);
    const known = this.#texts.find(view, start, end, hash);
    if (known !== NOT_FOUND) return known;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const id = this.#stringId(readText(bytes, start, end));
    this.#texts.add(view, start, end, hash, id);
    return id;
  }
}
