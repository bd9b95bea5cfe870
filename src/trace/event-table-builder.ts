import type { EventSink } from '../../parsers/event-sink.ts';
import type { EventTable, Task } from './event-table.ts';
import type { SourceLoss, SourceReject } from './recording.ts';

const CHUNK = 1 << 16;

type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

interface Chunk {
  readonly ts: Float64Array;
  readonly kind: Uint8Array;
  readonly cpu: Uint16Array;
  readonly tid: Uint32Array;
  readonly dev: Uint32Array;
  readonly tag: Float64Array;
  readonly aux: Int32Array;
}

function newChunk(): Chunk {
  return {
    ts: new Float64Array(CHUNK),
    kind: new Uint8Array(CHUNK),
    cpu: new Uint16Array(CHUNK),
    tid: new Uint32Array(CHUNK),
    dev: new Uint32Array(CHUNK),
    tag: new Float64Array(CHUNK),
    aux: new Int32Array(CHUNK),
  };
}

/** What is left when a source has been read: the rows in file order, and everything that went wrong with them. */
export interface BuiltTable {
  readonly events: EventTable;
  readonly rejects: readonly SourceReject[];
  readonly losses: readonly SourceLoss[];
}

/** Most reject reasons and losses kept; what comes after is counted in the last one, so hostile input stays bounded. */
const MOST_REASONS = 64;
const MOST_LOSSES = 100_000;
const MOST_STRINGS = 65_536;
const MOST_TASKS = 1 << 20;

/** The sink parsers write to: fills columns, interns strings, counts rejects. One builder for one source. */
export class EventTableBuilder implements EventSink {
  #chunks: Chunk[] = [];
  #chunk: Chunk = newChunk();
  #fill = 0;
  #rows = 0;
  #epochSec = Number.NaN;
  #epochNsec = 0;
  #strings: string[] = [''];
  #stringIds = new Map<string, number>([['', 0]]);
  #tasks = new Map<number, Task>();
  #rejects = new Map<string, { reason: string; count: number; firstOffset: number; firstLine: number }>();
  #losses: SourceLoss[] = [];

  event(
    kind: number,
    sec: number,
    nsec: number,
    cpu: number,
    tid: number,
    dev: number,
    tag: number,
    aux: number,
  ): void {
    if (this.#rows === 0) {
      this.#epochSec = sec;
      this.#epochNsec = nsec;
    }
    if (this.#fill === CHUNK) {
      this.#chunks.push(this.#chunk);
      this.#chunk = newChunk();
      this.#fill = 0;
    }
    const row = this.#fill++;
    const chunk = this.#chunk;
    chunk.ts[row] = (sec - this.#epochSec) * 1e9 + (nsec - this.#epochNsec);
    chunk.kind[row] = kind;
    chunk.cpu[row] = cpu;
    chunk.tid[row] = tid;
    chunk.dev[row] = dev;
    chunk.tag[row] = tag;
    chunk.aux[row] = aux;
    this.#rows++;
  }

  string(text: string): number {
    const known = this.#stringIds.get(text);
    if (known !== undefined) return known;
    if (this.#strings.length >= MOST_STRINGS) return 0;
    const id = this.#strings.push(text) - 1;
    this.#stringIds.set(text, id);
    return id;
  }

  task(tid: number, comm: string, tgid: number | undefined): void {
    const known = this.#tasks.get(tid);
    if (known === undefined && this.#tasks.size >= MOST_TASKS) return;
    this.#tasks.set(tid, { comm: comm === '' ? (known?.comm ?? '') : comm, tgid: tgid ?? known?.tgid });
  }

  lost(cpu: number, count: number | undefined): void {
    if (this.#losses.length < MOST_LOSSES) this.#losses.push({ cpu, count, row: this.#rows });
  }

  reject(reason: string, byteOffset: number, line: number): void {
    const known = this.#rejects.get(reason);
    if (known !== undefined) known.count++;
    else if (this.#rejects.size < MOST_REASONS)
      this.#rejects.set(reason, { reason, count: 1, firstOffset: byteOffset, firstLine: line });
  }

  /** Freezes the table. The builder is empty afterwards; a column's chunks are dropped as soon as it is joined. */
  build(): BuiltTable {
    const chunks = [...this.#chunks, this.#chunk] as { -readonly [key in keyof Chunk]: Column | undefined }[];
    this.#chunks = [];
    this.#chunk = newChunk();
    const rows = this.#rows;
    const join = <T extends Column>(name: keyof Chunk, column: T): T => {
      let at = 0;
      for (const chunk of chunks) {
        const part = chunk[name] as Column;
        const take = Math.min(part.length, rows - at);
        column.set(part.subarray(0, take) as never, at);
        at += take;
        chunk[name] = undefined;
      }
      return column;
    };
    const events: EventTable = {
      length: rows,
      ts: join('ts', new Float64Array(rows)),
      kind: join('kind', new Uint8Array(rows)),
      cpu: join('cpu', new Uint16Array(rows)),
      tid: join('tid', new Uint32Array(rows)),
      dev: join('dev', new Uint32Array(rows)),
      tag: join('tag', new Float64Array(rows)),
      aux: join('aux', new Int32Array(rows)),
      epoch: rows === 0 ? 0n : BigInt(this.#epochSec) * 1_000_000_000n + BigInt(this.#epochNsec),
      strings: this.#strings,
      tasks: this.#tasks,
    };
    return { events, rejects: [...this.#rejects.values()], losses: this.#losses };
  }
}
