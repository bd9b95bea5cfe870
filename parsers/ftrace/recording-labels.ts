/**
 * `trace-cmd report` of several files, or of one file with buffer instances, writes a name before each line:
 *
 *   trace-guest.dat: cpus=1
 *         trace.dat:            qemu-1234  [001]   100.123456: kvm_exit:             reason EPT_MISCONFIG rip 0xff…
 *
 * A stream is one machine with one clock. Each file has a `cpus=` line of its own, instances have none: so lines of
 * instances are read, and of several files only the first one's.
 */
import { ascii, startsWith } from '../byte-cursor.ts';

const CPUS = ascii('cpus=');
const LOSS = ascii('CPU:');
const SPACE = 0x20;
const COLON = 0x3a;
const MAX_LABEL = 255;

/** Recognises labels and says whose lines they mark. */
export class RecordingLabels {
  /** The file that this stream is read as. */
  own: Uint8Array | undefined;
  /** A `cpus=` line without a label was seen: there is one file, and labels are its instances. */
  single = false;
  /** What stands behind the label found last: a loss or a `cpus=` line? Of another file than ours? */
  isNote = false;
  isForeign = false;
  /** A foreign loss was reported: trace-cmd writes the event after it without the label. */
  foreignNext = false;

  /** Takes note of a line that has no label and is no event. */
  noteUnlabelled(bytes: Uint8Array, start: number, end: number): void {
    if (startsWith(bytes, CPUS, start, end)) this.single = true;
  }

  /** Where the line proper begins behind its label, -1 when it has none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let first = start;
    while (first < end && bytes[first] === SPACE) first += 1;
    let at = first;
    while (at < end && at - first <= MAX_LABEL && !(bytes[at] === COLON && bytes[at + 1] === SPACE)) at += 1;
    if (at === first || at >= end || bytes[at] !== COLON) return -1;
    const text = at + 2;
    const isHeader = startsWith(bytes, CPUS, text, end);
    const isLoss = startsWith(bytes, LOSS, text, end);
    if (isHeader) this.own ??= Uint8Array.from(bytes.subarray(first, at));
    this.isNote = isHeader || isLoss;
    this.isForeign = !this.single && !this.isOwn(bytes, first, at);
    this.foreignNext = this.isForeign && isLoss;
    return text;
  }

  private isOwn(bytes: Uint8Array, first: number, end: number): boolean {
    const own = this.own;
    return own !== undefined && own.length === end - first && startsWith(bytes, own, first, end);
  }
}
