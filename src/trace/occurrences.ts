import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';
import { type Keys, keysAt } from './keys.ts';

/** Rows of a time-ordered table by kind, so that "the next eventfd_read after t" is a search and not a scan. */
export class Occurrences {
  readonly table: EventTable;
  readonly #kinds: readonly KindRows[];

  /** `kinds`: in the order of their numbers. */
  constructor(table: EventTable, kinds: readonly KindRows[]) {
    this.table = table;
    this.#kinds = kinds;
  }

  /** Rows of a kind, ascending in time; empty when the kind never occurred. */
  rows(kindName: string): Uint32Array {
    return this.of(kindName).rows;
  }

  /** The same rows with their columns. */
  of(kindName: string): KindRows {
    return this.#kinds[kindId(kindName)]!;
  }

  /** How often a kind occurred. */
  count(kindName: string): number {
    return this.of(kindName).rows.length;
  }
}

/**
 * Rows of one kind with the columns that are asked for, value behind value in memory: picked from the whole table each
 * value would cost a wait for memory of its own, and searches ask again and again.
 */
export class KindRows {
  readonly rows: Uint32Array;
  readonly #table: EventTable;
  #ts: Float64Array | undefined;
  #tid: Uint32Array | undefined;
  #cpu: Uint16Array | undefined;
  #tag: Float64Array | undefined;
  #devKeys: Keys | undefined;
  #tagKeys: Keys | undefined;
  /** What was selected last. */
  #selected: { readonly keys: Keys; readonly wanted: Uint8Array; readonly rows: KindRows } | undefined;

  /** `ts` and `tid` of the rows, where they are laid out already. */
  constructor(table: EventTable, { rows, ts, tid }: LaidOut) {
    this.#table = table;
    this.rows = rows;
    this.#ts = ts;
    this.#tid = tid;
  }

  get ts(): Float64Array {
    this.#ts ??= pick(this.#table.ts, this.rows);
    return this.#ts;
  }

  get tid(): Uint32Array {
    this.#tid ??= pickThreads(this.#table.tid, this.rows);
    return this.#tid;
  }

  get cpu(): Uint16Array {
    this.#cpu ??= pickCpus(this.#table.cpu, this.rows);
    return this.#cpu;
  }

  get tag(): Float64Array {
    this.#tag ??= pick(this.#table.tag, this.rows);
    return this.#tag;
  }

  /** The values of dev and of tag, numbered. */
  get devKeys(): Keys {
    this.#devKeys ??= keysAt(this.#table.dev, this.rows);
    return this.#devKeys;
  }

  get tagKeys(): Keys {
    this.#tagKeys ??= keysAt(this.#table.tag, this.rows);
    return this.#tagKeys;
  }

  /** Those of the rows whose key is wanted (1 by its number): these themselves when all are. Asked again and again for the same. */
  having(keys: Keys, wanted: Uint8Array): KindRows {
    if (!wanted.includes(0)) return this;
    const last = this.#selected;
    if (last?.keys === keys && last.wanted.every((value, number) => value === wanted[number]))
      return last.rows;
    const rows = new KindRows(this.#table, { rows: rowsHaving(this.rows, keys.numbers, wanted) });
    this.#selected = { keys, wanted, rows };
    return rows;
  }
}

function rowsHaving(rows: Uint32Array, numbers: Uint16Array, wanted: Uint8Array): Uint32Array {
  const kept = new Uint32Array(rows.length);
  let length = 0;
  for (let at = 0; at < rows.length; at++) if (wanted[numbers[at]!] === 1) kept[length++] = rows[at]!;
  return kept.slice(0, length);
}

/** The values of a column at some rows. */
export function pick(column: Float64Array, rows: Uint32Array | Int32Array): Float64Array {
  const values = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) values[at] = column[rows[at]!]!;
  return values;
}

// One function for columns of every kind would be compiled for none of them.
function pickThreads(column: Uint32Array, rows: Uint32Array): Uint32Array {
  const values = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at++) values[at] = column[rows[at]!]!;
  return values;
}

function pickCpus(column: Uint16Array, rows: Uint32Array): Uint16Array {
  const values = new Uint16Array(rows.length);
  for (let at = 0; at < rows.length; at++) values[at] = column[rows[at]!]!;
  return values;
}

/** Rows of one kind, and columns of them. */
export interface LaidOut {
  readonly rows: Uint32Array;
  readonly ts?: Float64Array;
  readonly tid?: Uint32Array;
}

/** What was found out about tables before they were asked about. */
const known = new WeakMap<Float64Array, readonly LaidOut[]>();

/** The rows of each kind of a time-ordered table are known, by who went through them before. */
export function knowIndex({ ts }: EventTable, kinds: readonly LaidOut[]): void {
  known.set(ts, kinds);
}

/** What is known of the rows of each kind; undefined where nothing is. */
export function knownIndex({ ts }: EventTable): readonly LaidOut[] | undefined {
  return known.get(ts);
}

/**
 * The rows of each kind; they are known from now on. In memory that another thread sees where the table is (`sharedTable`). One counting
 * sort, 4 bytes a row.
 */
export function rowsByKind(table: EventTable): readonly LaidOut[] {
  const kinds = knownIndex(table) ?? byKind(table);
  known.set(table.ts, kinds);
  return kinds;
}

/** Indexes a time-ordered table. */
export function indexOccurrences(table: EventTable): Occurrences {
  return new Occurrences(
    table,
    rowsByKind(table).map((laidOut) => new KindRows(table, laidOut)),
  );
}

function byKind({ kind }: EventTable): LaidOut[] {
  const isShared = kind.buffer instanceof SharedArrayBuffer;
  const starts = new Uint32Array(EVENT_KINDS.length + 1);
  for (let row = 0; row < kind.length; row++) starts[kind[row]! + 1]!++;
  for (let id = 0; id < EVENT_KINDS.length; id++) starts[id + 1]! += starts[id]!;
  const rows = isShared
    ? new Uint32Array(new SharedArrayBuffer(kind.length * Uint32Array.BYTES_PER_ELEMENT))
    : new Uint32Array(kind.length);
  const fill = starts.slice(0, EVENT_KINDS.length);
  for (let row = 0; row < kind.length; row++) rows[fill[kind[row]!]!++] = row;
  return EVENT_KINDS.map(({ id }) => ({ rows: rows.subarray(starts[id]!, starts[id + 1]!) }));
}

/** Position in `rows` of the first row whose time is >= `time` (rows.length when there is none). */
export function firstAtOrAfter(ts: Float64Array, rows: Uint32Array, time: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ts[rows[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Position of the first of ascending times that is not before `time` (their number when there is none). */
export function firstNotBefore(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
