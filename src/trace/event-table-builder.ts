import type { BlockExtras, BlockTaker, Epoch } from './block-table.ts';
import { type Columns, columnsOf, copyRows, copyShifted, rowsOf } from './columns.ts';
import { type EventTable, eventTable, type Task } from './event-table.ts';
import { pickRows } from './order.ts';
import type { SourceLoss, SourceReject } from './recording.ts';
import type { RowTable } from './round-sink.ts';
import { renameStrings } from './string-ids.ts';

/** Rows there is room for at first, and most that are taken at the word of who announces them. */
const LEAST_ROOM = 1 << 16;
const MOST_ANNOUNCED = 1 << 26;

/** What is left when a source has been read: the rows in file order, and everything that went wrong with them. */
export interface BuiltTable {
  readonly events: EventTable;
  readonly rejects: readonly SourceReject[];
  readonly losses: readonly SourceLoss[];
}

/** Columns, and the rows there is room for in them. */
interface Room {
  readonly columns: Columns;
  readonly room: number;
}

/** Behind a cut there is room for so many times the rows that were there before it. */
const MOST_LIKELY = 1.25;

/** Most reject reasons and losses kept; what comes after is counted in the last one, so hostile input stays bounded. */
const MOST_REASONS = 64;
const MOST_LOSSES = 100_000;
/** Strings of a table; those behind are without a name. */
export const MOST_STRINGS = 65_536;
const MOST_TASKS = 1 << 20;

/** The sink parsers write to: fills columns, interns strings, counts rejects. One builder for one source. */
export class EventTableBuilder implements RowTable, BlockTaker {
  #columns: Columns;
  #room: number;
  /** What the latest cut was of, and what is there for the next. */
  #handedOut: Room | undefined;
  #spare: Room | undefined;
  #rows = 0;
  #epochSec = Number.NaN;
  #epochNsec = 0;
  #strings: string[] = [''];
  #stringIds = new Map<string, number>([['', 0]]);
  #tasks = new Map<number, Task>();
  #rejects = new Map<string, { reason: string; count: number; firstOffset: number; firstLine: number }>();
  #losses: SourceLoss[] = [];

  /** `rows`: about how many are to come, rather too many than too few; more than that cost time, not rows. */
  constructor(rows = 0) {
    this.#room = Math.min(Math.max(Math.ceil(rows), LEAST_ROOM), MOST_ANNOUNCED);
    this.#columns = columnsOf(this.#room);
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
    if (row === 0 && this.epoch === undefined) {
      this.#epochSec = sec;
      this.#epochNsec = nsec;
    }
    if (row === this.#room) this.#growTo(row + 1);
    const columns = this.#columns;
    columns.ts[row] = (sec - this.#epochSec) * 1e9 + (nsec - this.#epochNsec);
    columns.kind[row] = kind;
    columns.cpu[row] = cpu;
    columns.tid[row] = tid;
    columns.dev[row] = dev;
    columns.tag[row] = tag;
    columns.aux[row] = aux;
  }

  batch(from: Columns, count: number, sec: number, nsec: number): void {
    this.#beginAt({ sec, nsec });
    const at = this.#rows;
    if (at + count > this.#room) this.#growTo(at + count);
    const shift = (sec - this.#epochSec) * 1e9 + (nsec - this.#epochNsec);
    copyShifted(from, count, this.#columns, at, shift);
    this.#rows += count;
  }

  #growTo(rows: number): void {
    const filled = this.#columns;
    const old = this.#room;
    while (this.#room < rows) this.#room *= 2;
    this.#columns = columnsOf(this.#room);
    copyRows(filled, old, this.#columns, 0);
  }

  /** What the times of the table count from; undefined before the first row. */
  get epoch(): Epoch | undefined {
    return Number.isNaN(this.#epochSec) ? undefined : { sec: this.#epochSec, nsec: this.#epochNsec };
  }

  /** Rows held. */
  get rows(): number {
    return this.#rows;
  }

  /** The columns, whose rows up to `rows` are filled: others, when there was no more room in them. */
  get columns(): Columns {
    return this.#columns;
  }

  /** Times of the rows held, as in the table; a view that holds until the next row or cut. */
  get times(): Float64Array {
    return this.#columns.ts.subarray(0, this.#rows);
  }

  /**
   * The rows of a block that was read elsewhere, with times after `epoch`, and what was lost and rejected in it. `line` is
   * the number of its first line; `ids` are the ids here of its reader's strings, to which those it met first are added.
   */
  addBlock(columns: Columns, block: BlockExtras, line: number, ids: number[], epoch = this.epoch): void {
    if (block.rows > 0) this.#beginAt(epoch!);
    const at = this.#rows;
    for (const text of block.strings) ids.push(this.string(text));
    for (const { cpu, count, row } of block.losses) {
      if (this.#losses.length < MOST_LOSSES) this.#losses.push({ cpu, count, row: at + row });
    }
    for (const { reason, count, firstOffset, firstLine } of block.rejects)
      this.reject(reason, firstOffset, line + firstLine - 1, count);
    if (at + block.rows > this.#room) this.#growTo(at + block.rows);
    copyRows(columns, block.rows, this.#columns, at);
    this.#rows += block.rows;
    if (ids.some((id, own) => id !== own)) renameStrings(this.#columns, at, this.#rows, ids);
  }

  addRows(columns: Columns, order: Uint32Array, epoch: Epoch): void {
    this.#beginAt(epoch);
    const at = this.#rows;
    if (at + order.length > this.#room) this.#growTo(at + order.length);
    pickRows(columns, order, this.#columns, at);
    this.#rows += order.length;
  }

  #beginAt(epoch: Epoch): void {
    if (this.epoch === undefined) ({ sec: this.#epochSec, nsec: this.#epochNsec } = epoch);
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

  reject(reason: string, byteOffset: number, line: number, count = 1): void {
    const known = this.#rejects.get(reason);
    if (known !== undefined) known.count += count;
    else if (this.#rejects.size < MOST_REASONS)
      this.#rejects.set(reason, { reason, count, firstOffset: byteOffset, firstLine: line });
  }

  /** Freezes the table; nothing may be added afterwards. Behind cuts: the rows kept, and the rejects of the whole stream. */
  build(): BuiltTable {
    return { ...this.peek(this.#rows), rejects: [...this.#rejects.values()] };
  }

  /**
   * The rows held before row `behind`, not copied and never written again but for `takeBack`. Strings and tasks are the stream's and grow with it;
   * rejects are counted for the whole stream, so there are none here. A loss next to row `behind` is told on both of its sides.
   */
  peek(behind: number): BuiltTable {
    const losses = this.#losses.filter(({ row }) => row <= behind);
    return { events: this.#tableOf(behind), rejects: [], losses };
  }

  /**
   * The same, and goes on with the rows from `keepFrom` on, which is not past `behind`: that row is then row 0. Rows and losses
   * that lie between the two are in the table and stay.
   */
  cut(behind: number, keepFrom: number): BuiltTable {
    const built = this.peek(behind);
    const kept = this.#tableOf(this.#rows, keepFrom);
    const handedOut = { columns: this.#columns, room: this.#room };
    if (this.#spare === undefined || this.#spare.room < this.#rows) {
      // As many are likely to come again, or some more.
      this.#room = Math.max(Math.ceil(this.#rows * MOST_LIKELY), LEAST_ROOM);
      this.#columns = columnsOf(this.#room);
    } else ({ columns: this.#columns, room: this.#room } = this.#spare);
    this.#spare = undefined;
    this.#handedOut = handedOut;
    const { ts, kind, cpu, tid, dev, tag, aux, length } = kept;
    copyRows({ ts, kind, cpu, tid, dev, tag, aux }, length, this.#columns, 0);
    this.#rows = length;
    this.#losses = this.#losses
      .filter(({ row }) => row >= keepFrom)
      .map((loss) => ({ ...loss, row: loss.row - keepFrom }));
    return built;
  }

  /** Nobody looks at the rows of the latest cut any more: their memory is for rows to come. */
  takeBack(): void {
    this.#spare = this.#handedOut;
    this.#handedOut = undefined;
  }

  /** The rows [from, behind), not copied. */
  #tableOf(behind: number, from = 0): EventTable {
    const epoch =
      this.epoch === undefined ? 0n : BigInt(this.#epochSec) * 1_000_000_000n + BigInt(this.#epochNsec);
    return eventTable(rowsOf(this.#columns, from, behind), {
      epoch,
      strings: this.#strings,
      tasks: this.#tasks,
    });
  }
}
