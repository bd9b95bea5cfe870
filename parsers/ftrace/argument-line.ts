import { ByteCursor } from '../byte-cursor.ts';
import { ByteTable, hashBytes, NOT_FOUND } from '../byte-table.ts';

/** Different texts remembered, names of interrupts; a machine has a few hundred. */
const MAX_TEXTS = 4096;
const MAX_DEV = 0xffff_ffff;
const MAX_AUX = 0x7fff_ffff;

/** The text behind an event's name, and the three columns that its reader fills from it. One object, used for every line. */
export class ArgumentLine extends ByteCursor {
  dev = 0;
  tag = Number.NaN;
  aux = 0;
  private readonly texts = new ByteTable(MAX_TEXTS);
  private readonly stringId: (text: string) => number;

  /** `stringId` gives the id of a text, as EventSink.string does; it is asked rarely, not for each line. */
  constructor(stringId: (text: string) => number) {
    super();
    this.stringId = stringId;
  }

  /** Puts the columns back to "nothing recorded". */
  clear(): void {
    this.dev = 0;
    this.tag = Number.NaN;
    this.aux = 0;
  }

  /** Whether the columns hold what a row can: dev unsigned and aux signed 32-bit, tag below 2^53 or not recorded. */
  fits(): boolean {
    const { dev, tag, aux } = this;
    return (
      dev >= 0 && dev <= MAX_DEV && !(Math.abs(tag) > Number.MAX_SAFE_INTEGER) && Math.abs(aux) <= MAX_AUX
    );
  }

  /** The id of the text from here to the end of the line. Does not move. */
  restAsString(): number {
    const { view, at, end } = this;
    const hash = hashBytes(view, at, end);
    const known = this.texts.find(view, at, end, hash);
    if (known !== NOT_FOUND) return known;
    const id = this.stringId(Buffer.from(this.bytes.subarray(at, end)).toString('utf8'));
    this.texts.add(view, at, end, hash, id);
    return id;
  }
}

/** Fills an event's columns from its arguments. False when they are not of the form that the event prints. */
export type ArgumentReader = (line: ArgumentLine) => boolean;
