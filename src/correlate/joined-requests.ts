/** Request tables of the slices of a recording as one, laid together while more come. */
import type { PointId } from '../paths/points.ts';
import { NOT_OBSERVED, type RequestTable, type RequestVariant } from './request-table.ts';

/**
 * Requests that columns have room for at first, and how many times as many when there are more. The system gives memory to those that are
 * written: a column of offsets is as large as glibc never takes from memory it has, which it would write zeros to (32 MiB,
 * malloc/malloc.c DEFAULT_MMAP_THRESHOLD_MAX).
 */
const ROOM = 1 << 23;
const GROWTH = 4;

interface Column<Kind> {
  readonly length: number;
  set(part: Kind, at: number): void;
  subarray(start: number, end: number): Kind;
}

/** Takes tables in the order of their requests; variants and reasons that are the same become one. Rows are left out. */
export class JoinedRequests {
  #length = 0;
  readonly #start: Growing<Float64Array>;
  readonly #total: Growing<Int32Array>;
  readonly #variant: Growing<Uint16Array>;
  readonly #status: Growing<Uint8Array>;
  readonly #reason: Growing<Uint16Array>;
  readonly #sector: Growing<Float64Array>;
  readonly #bytes: Growing<Float64Array>;
  readonly #direction: Growing<Uint8Array>;
  readonly #offsets = new Map<PointId, Growing<Int32Array>>();
  readonly #room: number;
  readonly #variants = new Numbered<RequestVariant>(({ name, points, stages }) =>
    [name, ...points, ...stages].join('\n'),
  );
  readonly #reasons = new Numbered<string>((reason) => reason);

  /** `room`: requests there is room for at first. */
  constructor(room = ROOM) {
    this.#room = room;
    this.#start = new Growing<Float64Array>((length) => new Float64Array(length), room);
    this.#total = new Growing<Int32Array>((length) => new Int32Array(length), room);
    this.#variant = new Growing<Uint16Array>((length) => new Uint16Array(length), room);
    this.#status = new Growing<Uint8Array>((length) => new Uint8Array(length), room);
    this.#reason = new Growing<Uint16Array>((length) => new Uint16Array(length), room);
    this.#sector = new Growing<Float64Array>((length) => new Float64Array(length), room);
    this.#bytes = new Growing<Float64Array>((length) => new Float64Array(length), room);
    this.#direction = new Growing<Uint8Array>((length) => new Uint8Array(length), room);
    this.#reasons.idOf('');
  }

  /** Requests so far. */
  get length(): number {
    return this.#length;
  }

  /** The next slice's requests; nothing of the table is kept. */
  add(table: RequestTable): void {
    const at = this.#length;
    this.#start.add(table.start, at);
    this.#total.add(table.total, at);
    this.#status.add(table.status, at);
    this.#sector.add(table.sector, at);
    this.#bytes.add(table.bytes, at);
    this.#direction.add(table.direction, at);
    const variants = table.variants.map((each) => this.#variants.idOf(each));
    this.#variant.add(renamed(table.variant, variants), at);
    const reasons = table.reasons.map((each) => this.#reasons.idOf(each));
    this.#reason.add(renamed(table.reason, reasons), at);
    // Most points of a path are those of few variants.
    for (const [point, offsets] of table.offsets)
      if (offsets.some((offset) => offset !== NOT_OBSERVED)) this.#offsetsOf(point).add(offsets, at);
    this.#length += table.length;
  }

  /** All of them. */
  table(): RequestTable {
    const length = this.#length;
    return {
      length,
      start: this.#start.first(length),
      total: this.#total.first(length),
      offsets: new Map([...this.#offsets].map(([point, offsets]) => [point, offsets.first(length)])),
      rows: new Map(),
      variant: this.#variant.first(length),
      variants: this.#variants.all,
      status: this.#status.first(length),
      reason: this.#reason.first(length),
      reasons: this.#reasons.all,
      sector: this.#sector.first(length),
      bytes: this.#bytes.first(length),
      direction: this.#direction.first(length),
    };
  }

  #offsetsOf(point: PointId): Growing<Int32Array> {
    const known =
      this.#offsets.get(point) ??
      new Growing<Int32Array>(
        (length) => new Int32Array(length),
        this.#room,
        (column, from, behind) => column.fill(NOT_OBSERVED, from, behind),
      );
    this.#offsets.set(point, known);
    return known;
  }
}

/** A column that grows; `fill` says what lies between its parts. */
class Growing<Kind extends Column<Kind>> {
  readonly #make: (length: number) => Kind;
  readonly #fill: (column: Kind, from: number, behind: number) => void;
  #column: Kind;
  /** Rows that are written. */
  #length = 0;

  constructor(
    make: (length: number) => Kind,
    room: number,
    fill: (column: Kind, from: number, behind: number) => void = () => undefined,
  ) {
    this.#make = make;
    this.#fill = fill;
    this.#column = make(room);
  }

  add(part: Kind, at: number): void {
    this.#reach(at + part.length);
    this.#fill(this.#column, this.#length, at);
    this.#column.set(part, at);
    this.#length = at + part.length;
  }

  first(length: number): Kind {
    this.#reach(length);
    this.#fill(this.#column, this.#length, length);
    return this.#column.subarray(0, length);
  }

  #reach(length: number): void {
    if (length <= this.#column.length) return;
    let room = this.#column.length;
    while (room < length) room *= GROWTH;
    const column = this.#make(room);
    column.set(this.#column.subarray(0, this.#length), 0);
    this.#column = column;
  }
}

function renamed(ids: Uint16Array, names: readonly number[]): Uint16Array {
  const own = new Uint16Array(ids.length);
  for (let at = 0; at < ids.length; at++) own[at] = names[ids[at]!] ?? 0;
  return own;
}

/** Things told apart by a key, numbered in the order in which they are met. */
class Numbered<Thing> {
  readonly all: Thing[] = [];
  readonly #ids = new Map<string, number>();
  readonly #keyOf: (thing: Thing) => string;

  constructor(keyOf: (thing: Thing) => string) {
    this.#keyOf = keyOf;
  }

  idOf(thing: Thing): number {
    const key = this.#keyOf(thing);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.all.push(thing) - 1;
    this.#ids.set(key, id);
    return id;
  }
}
