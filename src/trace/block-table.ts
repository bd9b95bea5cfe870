import type { EventSink } from '../../parsers/event-sink.ts';
import type { Columns } from './columns.ts';
import type { SourceLoss, SourceReject } from './recording.ts';

/** Time of row 0 of the stream, which all of its tables count from. */
export interface Epoch {
  readonly sec: number;
  readonly nsec: number;
}

/** What a block of a stream holds beside its rows; can be sent to another thread. */
export interface BlockExtras {
  readonly rows: number;
  /** Strings met for the first time; ids go on from those before. */
  readonly strings: readonly string[];
  readonly tasks: readonly (readonly [tid: number, comm: string, tgid: number | undefined])[];
  /** Rows and lines count from the beginning of the block. */
  readonly losses: readonly SourceLoss[];
  readonly rejects: readonly SourceReject[];
  /** The block holds more than there is room for: nothing here can be used. */
  readonly overflows: boolean;
}

/** Who takes blocks that another thread read, in the order of the stream. */
export interface BlockTaker {
  /**
   * The rows of a block, with times after `epoch`, and what was lost and rejected in it. `line` is the number of its first line; `ids` are
   * the ids here of its reader's strings, to which those it met first are added.
   */
  addBlock(columns: Columns, block: BlockExtras, line: number, ids: number[], epoch?: Epoch): void;
  task(tid: number, comm: string, tgid: number | undefined): void;
}

/** Strings one reader of blocks may meet. A stream with more is read by one thread. */
const MOST_STRINGS = 4096;

/** The sink of a thread that reads blocks of a stream: rows into columns that it is given, the rest into lists. */
export class BlockTable implements EventSink {
  readonly #epoch: Epoch;
  #columns: Columns;
  #room = 0;
  #rows = 0;
  #overflows = false;
  #ids = new Map<string, number>([['', 0]]);
  #strings: string[] = [];
  #tasks: [number, string, number | undefined][] = [];
  #losses: SourceLoss[] = [];
  #rejects = new Map<string, { reason: string; count: number; firstOffset: number; firstLine: number }>();

  constructor(epoch: Epoch, columns: Columns) {
    this.#epoch = epoch;
    this.#columns = columns;
  }

  /** Begins a block, whose rows go into these columns. */
  begin(columns: Columns): void {
    this.#columns = columns;
    this.#room = columns.ts.length;
    this.#rows = 0;
    this.#overflows = false;
    this.#strings = [];
    this.#tasks = [];
    this.#losses = [];
    this.#rejects.clear();
  }

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
    const row = this.#rows++;
    if (row >= this.#room) this.#overflows = true;
    const columns = this.#columns;
    columns.ts[row] = (sec - this.#epoch.sec) * 1e9 + (nsec - this.#epoch.nsec);
    columns.kind[row] = kind;
    columns.cpu[row] = cpu;
    columns.tid[row] = tid;
    columns.dev[row] = dev;
    columns.tag[row] = tag;
    columns.aux[row] = aux;
  }

  string(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    if (id >= MOST_STRINGS) this.#overflows = true;
    this.#ids.set(text, id);
    this.#strings.push(text);
    return id;
  }

  task(tid: number, comm: string, tgid: number | undefined): void {
    this.#tasks.push([tid, comm, tgid]);
  }

  lost(cpu: number, count: number | undefined): void {
    this.#losses.push({ cpu, count, row: this.#rows });
  }

  reject(reason: string, byteOffset: number, line: number, count = 1): void {
    const known = this.#rejects.get(reason);
    if (known !== undefined) known.count += count;
    else this.#rejects.set(reason, { reason, count, firstOffset: byteOffset, firstLine: line });
  }

  /** What the block holds beside its rows. */
  end(): BlockExtras {
    return {
      rows: this.#rows,
      strings: this.#strings,
      tasks: this.#tasks,
      losses: this.#losses,
      rejects: [...this.#rejects.values()],
      overflows: this.#overflows,
    };
  }
}
