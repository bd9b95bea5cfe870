import { quoted } from '../errors.ts';
import type { MachineName, Source } from '../trace/recording.ts';
import { SlicedMachine } from './sliced-machine.ts';
import type { SlicedStream } from './sliced-stream.ts';

/** Events of a stretch of time, and some before and behind it. */
export interface Slice {
  readonly sources: readonly Source[];
  /** What begins in [from, to) is this slice's; times of the machine that leads. Infinite at the ends of the recording. */
  readonly from: number;
  readonly to: number;
  /** What is read behind `to`, and in the next slice before it. */
  readonly overlap: number;
}

/** Gives the other machine's time for a time of the machine that leads: never an earlier one for a later one. */
export type ToOther = (leadTime: number) => number;

/**
 * What is read on each side of a slice, and once more behind that for rows that come out of order: as long as few requests take, ns, but
 * no smaller and no larger share of the slice's time than these.
 */
const OVERLAP_NS = 5e7;
const LEAST_OVERLAP = 1 / 64;
const MOST_OVERLAP = 1 / 16;
/** Streams take turns in steps of this share of a slice. */
const STEP = 1 / 16;
/** Rather some more in the last slice than few in one behind it. */
const MOST_IN_LAST = 1.25;
/** Of the trial: rows of the machine that leads, and how much longer the other one is looked at: times, and ns at first. */
const TRIAL_ROWS = 20_000;
const TRIAL_LONGER = 1.25;
const TRIAL_MARGIN_NS = 5e7;
/** The next trial is so many times as large, up to so many slices in all: a recording may begin long before the disk is used. */
const TRIAL_GROWTH = 4;
const MOST_TRIED = 4;
/**
 * A recording in slices of time, each small enough for memory. The guest's time leads, or the host's where there is no guest.
 * Times are ns after the epoch of a machine's first stream that has events (`epochOf`).
 */
export class SlicedRecording {
  readonly #streams: readonly SlicedStream[];
  readonly #lead: SlicedMachine;
  readonly #other: SlicedMachine | undefined;
  readonly #rowsPerSlice: number;
  readonly #nsPerTick: number;
  /** Where the next slice begins; undefined at the beginning. */
  #from: number | undefined;
  #isOver = false;
  #trials = 0;
  /** Another trial would tell no more. */
  #isTried = false;

  /**
   * Of streams for which `whyNot` knows no reason. `rowsPerSlice`: about how many rows a slice may hold, of all machines
   * together. `nsPerTick` is for streams whose times are ticks.
   */
  constructor(streams: readonly SlicedStream[], rowsPerSlice: number, nsPerTick: number) {
    const step = (rowsPerSlice * STEP) / streams.length;
    const [lead, other] = machinesOf(streams).map(
      ([name, own]) => new SlicedMachine(name, own, nsPerTick, step),
    );
    if (lead === undefined) throw new Error('no streams');
    this.#streams = streams;
    this.#lead = lead;
    this.#other = other;
    this.#rowsPerSlice = rowsPerSlice;
    this.#nsPerTick = nsPerTick;
  }

  /** Why these streams cannot be read in slices, as a sentence; undefined where they can. */
  static whyNot(streams: readonly SlicedStream[]): string | undefined {
    for (const { name, format, events, isReadWhole } of streams) {
      if (isReadWhole) return `${quoted(name)} is ${format}, which is read whole.`;
      if (events === 'unknown') return `${quoted(name)} shows no event in its beginning.`;
    }
    const machines = machinesOf(streams);
    for (const [name, own] of machines) {
      const [first, ...others] = own.filter(({ events }) => events === 'some');
      const odd = others.find(({ unit, clock }) => unit !== first?.unit || clock !== first.clock);
      if (odd !== undefined)
        return `${quoted(odd.name)} has another clock than the other streams of the ${name}.`;
    }
    const lead = machines[0];
    if (lead === undefined) return 'There are no streams.';
    const isEmpty = lead[1].every(({ events }) => events === 'none');
    return isEmpty ? `The streams of the ${lead[0]} hold no event.` : undefined;
  }

  /** In the order of a slice's sources. */
  get streams(): readonly SlicedStream[] {
    return [...this.#lead.streams, ...(this.#other?.streams ?? [])];
  }

  /** The machine whose time slices are cut by. */
  get lead(): MachineName {
    return this.#lead.name;
  }

  /** Rows that came after the slice that should have them; see `SlicedStream`. */
  get late(): number {
    return this.#lead.late + (this.#other?.late ?? 0);
  }

  /** Whether all streams turned out to be what they were said to be; see `SlicedStream`. */
  get agrees(): boolean {
    return this.#streams.every(({ agrees }) => agrees);
  }

  /** What a machine's times count from, in the unit of its streams; undefined where it has no events. */
  epochOf(machine: MachineName): bigint | undefined {
    return this.#streams.find((each) => each.machine === machine && each.events === 'some')?.epoch;
  }

  /** The same in ns, as the machine's table counts from it. */
  zeroOf(machine: MachineName): bigint | undefined {
    const epoch = this.epochOf(machine);
    const own = this.#streams.find((each) => each.machine === machine && each.events === 'some');
    return epoch === undefined || own?.unit !== 'ticks'
      ? epoch
      : BigInt(Math.round(Number(epoch) * this.#nsPerTick));
  }

  /**
   * Sources of the beginning of the recording, without taking it, each time of more of it: to learn how the machines' times are
   * related. Undefined when that would be more than a few slices. Rejects when reading fails.
   */
  async trial(): Promise<readonly Source[] | undefined> {
    if (this.#isTried) return undefined;
    const lead = this.#lead;
    const other = this.#other;
    const most = this.#rowsPerSlice * MOST_TRIED;
    const growth = TRIAL_GROWTH ** this.#trials++;
    const rows = Math.min(Math.min(TRIAL_ROWS, this.#rowsPerSlice) * growth, most);
    await lead.fillRows(rows);
    // Of no more rows than these, though more may have come at once.
    const reached = Math.min(lead.horizon, lead.lastTime);
    const byRows = latest(lead.beginning, reached, (time) => lead.rowsBefore(time) < rows);
    const leadTo = byRows < reached ? byRows + 1 : lead.horizon;
    const otherTo =
      other && other.beginning + (byRows - lead.beginning) * TRIAL_LONGER + TRIAL_MARGIN_NS * growth;
    if (otherTo !== undefined) await other!.fillTo(otherTo);
    const sources = lead.peek(leadTo);
    if (otherTo !== undefined) sources.push(...other!.peek(otherTo));
    const tried = sources.reduce((sum, { events }) => sum + events.length, 0);
    const isAll = leadTo === Number.POSITIVE_INFINITY && other?.ended !== false;
    this.#isTried = isAll || tried * TRIAL_GROWTH > most;
    return sources;
  }

  /**
   * Reads and takes the next slice; undefined after the last. The first one and the last one have all that the other machine
   * recorded before and behind. Rejects when reading fails.
   */
  async next(toOther: ToOther): Promise<Slice | undefined> {
    if (this.#isOver) return undefined;
    const from = this.#from ?? this.#lead.beginning;
    await this.#fill(from, toOther);
    const begin = this.#from ?? Number.NEGATIVE_INFINITY;
    if (this.#isLast(from, toOther)) {
      this.#isOver = true;
      const end = Number.POSITIVE_INFINITY;
      await this.#other?.fillTo(end);
      return { sources: this.#cut(end, end, () => end), from: begin, to: end, overlap: 0 };
    }
    const reached = this.#reachedByRows(from, toOther);
    const span = reached - from;
    const overlap = Math.floor(Math.min(Math.max(OVERLAP_NS, span * LEAST_OVERLAP), span * MOST_OVERLAP));
    const to = Math.max(from + Math.min(span, 1), reached - 2 * overlap);
    this.#from = to;
    return { sources: this.#cut(to + overlap, to - overlap, toOther), from: begin, to, overlap };
  }

  /**
   * Reads both machines, always the one that is behind, until they have more rows than the last slice may in the time from `from` on
   * that both have reached: how many come at once then decides nothing.
   */
  async #fill(from: number, toOther: ToOther): Promise<void> {
    const lead = this.#lead;
    const other = this.#other;
    const isEnough = () => {
      const reached = this.#reached(from, toOther);
      return reached >= from + 1 && this.#rowsIn(from, reached, toOther) > this.#rowsPerSlice * MOST_IN_LAST;
    };
    while (!this.#isCovered(toOther) && !isEnough()) {
      const leadTime = Math.min(lead.horizon, lead.lastTime);
      const isLeadAhead = other !== undefined && other.horizon <= toOther(Math.max(leadTime, from));
      await (lead.ended || isLeadAhead ? other : lead)?.readOn();
    }
  }

  /** All of the machine that leads is held, and what the other did meanwhile. */
  #isCovered(toOther: ToOther): boolean {
    if (!this.#lead.ended) return false;
    return this.#other === undefined || this.#other.horizon > toOther(this.#lead.lastTime);
  }

  /** All that is left fits. More may have come at once: threads are ahead, and their rows come when the stream ends. */
  #isLast(from: number, toOther: ToOther): boolean {
    if (!this.#isCovered(toOther)) return false;
    const end = this.#lead.lastTime;
    return end < from + 1 || this.#rowsIn(from, end, toOther) <= this.#rowsPerSlice * MOST_IN_LAST;
  }

  /** The time, of the machine that leads, that both have reached; at least `from`. */
  #reached(from: number, toOther: ToOther): number {
    const horizon = this.#other?.horizon ?? Number.POSITIVE_INFINITY;
    const most = Math.min(this.#lead.horizon, this.#lead.lastTime);
    return latest(from, most, (time) => toOther(time) <= horizon);
  }

  /** The same, but no later than gives as many rows as a slice may have, which many more rows may be held than. */
  #reachedByRows(from: number, toOther: ToOther): number {
    const reached = this.#reached(from, toOther);
    const most = this.#rowsPerSlice * (1 + 2 * STEP);
    const byRows = latest(from, reached, (time) => this.#rowsIn(from, time, toOther) <= most);
    return Math.max(byRows, Math.min(reached, from + 1));
  }

  #rowsIn(from: number, to: number, toOther: ToOther): number {
    const ofLead = this.#lead.rowsBefore(to) - this.#lead.rowsBefore(from);
    if (this.#other === undefined) return ofLead;
    return ofLead + this.#other.rowsBefore(toOther(to)) - this.#other.rowsBefore(toOther(from));
  }

  #cut(to: number, keepFrom: number, toOther: ToOther): readonly Source[] {
    const ofLead = this.#lead.cut(to, keepFrom);
    if (this.#other === undefined) return ofLead;
    return [...ofLead, ...this.#other.cut(toOther(to), toOther(keepFrom))];
  }

  /**
   * Nobody looks at the rows of the latest slice any more: their memory is for those of the next but one. A search of another thread
   * that was not waited for (`search-ahead.ts`) may still run over them; what it finds is thrown away.
   */
  takeBack(): void {
    for (const stream of this.#streams) stream.takeBack();
  }

  /** Reads no more. */
  async close(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.close()));
  }
}

/**
 * The latest time from `from` to `to` until which something holds; behind it it holds no more. Between the two a whole number: the same one,
 * however far `to` lies behind it.
 */
function latest(from: number, to: number, holds: (time: number) => boolean): number {
  if (to <= from) return from;
  if (holds(to)) return to;
  let least = Math.floor(from);
  let most = Math.ceil(to);
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (holds(middle)) least = middle;
    else most = middle;
  }
  return Math.max(from, least);
}

/** The machines that have streams, the one that leads first. */
function machinesOf(streams: readonly SlicedStream[]): [MachineName, SlicedStream[]][] {
  return (['guest', 'host'] as const)
    .map((name): [MachineName, SlicedStream[]] => [name, streams.filter(({ machine }) => machine === name)])
    .filter(([, own]) => own.length > 0);
}
