/** Request tables of the slices of a recording as one, laid together while more come. */
import type { PointId } from '../paths/points.ts';
import { NOT_OBSERVED, type RequestTable, type RequestVariant } from './request-table.ts';

interface Column<Kind> {
  slice(): Kind;
  set(part: Kind, at: number): void;
}

/** Takes tables in the order of their requests; variants and reasons that are the same become one. Rows are left out. */
export class JoinedRequests {
  #length = 0;
  readonly #start = new Parts<Float64Array>((length) => new Float64Array(length));
  readonly #total = new Parts<Int32Array>((length) => new Int32Array(length));
  readonly #variant = new Parts<Uint16Array>((length) => new Uint16Array(length));
  readonly #status = new Parts<Uint8Array>((length) => new Uint8Array(length));
  readonly #reason = new Parts<Uint16Array>((length) => new Uint16Array(length));
  readonly #sector = new Parts<Float64Array>((length) => new Float64Array(length));
  readonly #bytes = new Parts<Float64Array>((length) => new Float64Array(length));
  readonly #direction = new Parts<Uint8Array>((length) => new Uint8Array(length));
  readonly #offsets = new Map<PointId, Parts<Int32Array>>();
  readonly #variants = new Numbered<RequestVariant>(({ name, points, stages }) =>
    [name, ...points, ...stages].join('\n'),
  );
  readonly #reasons = new Numbered<string>((reason) => reason);

  constructor() {
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

  /** All of them, in columns that are made one after the other of the parts there are, which are let go of. To be asked for once. */
  table(): RequestTable {
    const length = this.#length;
    return {
      length,
      start: this.#start.joined(length),
      total: this.#total.joined(length),
      offsets: new Map([...this.#offsets].map(([point, parts]) => [point, parts.joined(length)])),
      rows: new Map(),
      variant: this.#variant.joined(length),
      variants: this.#variants.all,
      status: this.#status.joined(length),
      reason: this.#reason.joined(length),
      reasons: this.#reasons.all,
      sector: this.#sector.joined(length),
      bytes: this.#bytes.joined(length),
      direction: this.#direction.joined(length),
    };
  }

  #offsetsOf(point: PointId): Parts<Int32Array> {
    const known =
      this.#offsets.get(point) ??
      new Parts<Int32Array>((length) => new Int32Array(length).fill(NOT_OBSERVED));
    this.#offsets.set(point, known);
    return known;
  }
}

/** A column in parts, each a copy; what lies between them is as the column is made. */
class Parts<Kind extends Column<Kind>> {
  readonly #make: (length: number) => Kind;
  #parts: { readonly at: number; readonly column: Kind }[] = [];

  constructor(make: (length: number) => Kind) {
    this.#make = make;
  }

  add(column: Kind, at: number): void {
    this.#parts.push({ at, column: column.slice() });
  }

  joined(length: number): Kind {
    const joined = this.#make(length);
    for (const { at, column } of this.#parts) joined.set(column, at);
    this.#parts = [];
    return joined;
  }
}

function renamed(ids: Uint16Array, names: readonly number[]): Uint16Array {
  return ids.map((id) => names[id] ?? 0);
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
