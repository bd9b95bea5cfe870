/**
 * Records of version 7 with nothing behind them, in this machine's byte order, where words begin: nearly all that blktrace writes. They are
 * read a word at a time.
 */
import { packRequest } from '../event-kinds.ts';
import { BATCH_ROWS, FARTHEST_NS, type RowBatch } from '../row-batch.ts';
import { directionOf, hasPlace, isNote, kindOf, PLAIN_MAGIC, type RecordLayout } from './record-layout.ts';

/** Where a record has what, in words of 32 bits; of numbers of 64 bits the lower half, and the upper one behind it. */
export const WORD = {
  sequence: 1,
  time: 2,
  sector: 4,
  bytes: 6,
  action: 7,
  pid: 8,
  device: 9,
  cpu: 10,
  /** In its upper half; the lower one is an error number. */
  pduLength: 11,
} as const;
const WORDS = 12;
export const PLAIN_BYTES = WORDS * 4;

/** Above this the upper half of a sector makes a number that is not exact. */
const MAX_UPPER = 0x1fffff;

const isLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Some bytes as words, where such records can be in them. */
export function wordsOf(bytes: Uint8Array, { magic, little }: RecordLayout): Uint32Array | undefined {
  if (magic !== PLAIN_MAGIC || !little || !isLittle || bytes.byteOffset % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
}

/** Whether an event with nothing behind it stands at a place, which is a word's. */
export function isPlain(words: Uint32Array, at: number): boolean {
  const word = at >>> 2;
  return (
    word + WORDS <= words.length &&
    words[word] === PLAIN_MAGIC &&
    !isNote(words[word + WORD.action]!) &&
    words[word + WORD.pduLength]! >>> 16 === 0
  );
}

/** The first sector of a request, whose number comes in halves; NaN without a length. */
export function placeOf(sectors: number, upper: number, lower: number): number {
  return sectors === 0 || upper > MAX_UPPER ? Number.NaN : upper * 2 ** 32 + lower;
}

/** Threads that were told of lately, by the lowest bits of their number: one more than it. */
export const TOLD = 64;

/** What is known of the events before. */
export interface KnownBefore {
  /** The last number of each CPU's events on the device of the latest; nothing of those that are not numbered. */
  readonly numbers: number[];
  /** See TOLD. */
  readonly told: Int32Array;
}

/**
 * Goes on behind an event that made a row as long as the next one is of its device, numbered one more than the one before on its CPU, and of
 * a thread that was told of, and there is room for it: nothing else has to be looked at then. How many more rows there are.
 */
export function plainRun(
  words: Uint32Array,
  first: number,
  batch: RowBatch,
  { numbers, told }: KnownBefore,
): number {
  const { high, low } = batch;
  const { ts, kind, cpu, tid, dev, tag, aux } = batch.columns;
  const device = words[(first >>> 2) + WORD.device]!;
  const from = batch.rows;
  let row = from;
  for (let at = first + PLAIN_BYTES; row < BATCH_ROWS && isPlain(words, at); at += PLAIN_BYTES) {
    const word = at >>> 2;
    const action = words[word + WORD.action]!;
    const what = kindOf(action);
    const time = (words[word + WORD.time + 1]! - high) * 2 ** 32 + (words[word + WORD.time]! - low);
    const ofCpu = words[word + WORD.cpu]!;
    const ofTid = words[word + WORD.pid]!;
    const number = words[word + WORD.sequence]!;
    const isNext =
      words[word + WORD.device] === device &&
      ofCpu < numbers.length &&
      numbers[ofCpu]! + 1 === number &&
      told[ofTid % TOLD] === ofTid + 1;
    if (!isNext || what < 0 || !(time < FARTHEST_NS && time > -FARTHEST_NS)) break;
    const bytes = words[word + WORD.bytes]!;
    const sectors = hasPlace(action) ? bytes >>> 9 : 0;
    numbers[ofCpu] = number;
    ts[row] = time;
    kind[row] = what;
    cpu[row] = ofCpu;
    tid[row] = ofTid;
    dev[row] = device;
    tag[row] = placeOf(sectors, words[word + WORD.sector + 1]!, words[word + WORD.sector]!);
    aux[row] = packRequest(sectors, directionOf(action, 0, bytes));
    row++;
  }
  batch.rows = row;
  return row - from;
}
