/** A line of tracefs text → one row of a sink, or why there is none. What a line depends on can be taken and resumed from. */
import type { EventSink } from '../event-sink.ts';
import type { ParseReport } from '../format.ts';
import type { LineReader } from '../line-scanner.ts';
import { ArgumentLine } from './argument-line.ts';
import { ARGUMENT_READERS, NO_ARGUMENTS } from './arguments.ts';
import { EventNames, NO_NAME, UNUSED } from './event-names.ts';
import { LinePrefix } from './line-prefix.ts';
import { Notes } from './notes.ts';
import { RecordingLabels } from './recording-labels.ts';
import { TaskNames } from './task-names.ts';

/** Why a line could not be used. */
export const FTRACE_REJECTS = {
  notAnEvent: 'not a line of a trace',
  noName: 'no event name behind the time',
  badArguments: 'arguments of a known event not understood',
  otherClock: 'time stamp of another kind than those before',
  latencyFormat: 'latency format, which has no absolute times',
  otherRecording: 'line of another recording in the same stream',
  cut: 'last line is cut short',
  tooLong: 'line longer than 64 KiB',
} as const;

/** A tracer takes longer than this many ticks of a TSC to write an event: a clock below it counts events. */
const MIN_TICKS_AN_EVENT = 4;

/** What later lines depend on, and what they must not change in a block that is read by itself. */
export interface FtraceState {
  readonly digits: number;
  readonly roundingNs: number;
  readonly firstTicks: number;
  readonly notes: Pick<Notes, 'claimed' | 'overwritten' | 'cpus' | 'latencyFormat'>;
  readonly labels: Pick<RecordingLabels, 'own' | 'single' | 'foreignNext'>;
}

/** Reads the lines of tracefs and trace-cmd text into a sink. */
export class FtraceReader implements LineReader {
  private readonly sink: EventSink;
  private readonly prefix = new LinePrefix();
  private readonly names = new EventNames();
  private readonly scratch: ArgumentLine;
  readonly tasks: TaskNames;
  private readonly notes: Notes;
  private readonly labels = new RecordingLabels();
  /** Events read, and those of no use; of a block while blocks are read. */
  events = 0;
  unused = 0;
  /** Digits behind the dot of the first time stamp, -1 before it. */
  digits = -1;
  private roundingNs = 0;
  /** The first and the last value of a counter, roughly. */
  private firstTicks = -1;
  lastTicks = -1;

  constructor(sink: EventSink) {
    this.sink = sink;
    this.scratch = new ArgumentLine((text) => sink.string(text));
    this.tasks = new TaskNames(sink);
    this.notes = new Notes(sink);
  }

  /** What the next line depends on. */
  state(): FtraceState {
    const { digits, roundingNs, firstTicks } = this;
    const { claimed, overwritten, cpus, latencyFormat } = this.notes;
    const { own, single, foreignNext } = this.labels;
    const notes = { claimed, overwritten, cpus, latencyFormat };
    return { digits, roundingNs, firstTicks, notes, labels: { own, single, foreignNext } };
  }

  /** Reads on from there. */
  resume({ digits, roundingNs, firstTicks, notes, labels }: FtraceState): void {
    this.digits = digits;
    this.roundingNs = roundingNs;
    this.firstTicks = firstTicks;
    Object.assign(this.notes, notes);
    Object.assign(this.labels, labels);
  }

  line(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    const line = this.scratch;
    line.set(bytes, start, end);
    const reason = this.prefix.readColumns(line) ? this.event(line) : this.otherLine(line);
    if (reason !== undefined) this.sink.reject(reason, offset, number);
  }

  tooLong(offset: number, number: number): void {
    this.sink.reject(FTRACE_REJECTS.tooLong, offset, number);
  }

  unfinished(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    const line = this.scratch;
    line.set(bytes, start, end);
    if (this.prefix.readColumns(line) || !this.notes.read(line)) {
      this.sink.reject(FTRACE_REJECTS.cut, offset, number);
    }
  }

  report(): ParseReport {
    const isCounter = this.digits === 0;
    const records = this.events + this.unused;
    const isTsc =
      isCounter && (records === 1 || this.lastTicks - this.firstTicks >= records * MIN_TICKS_AN_EVENT);
    return {
      unit: isCounter ? 'ticks' : 'ns',
      roundingNs: this.roundingNs,
      clock: isTsc ? 'x86-tsc' : 'unknown',
      records,
      unused: this.unused,
      claimed: this.notes.claimed,
      overwritten: this.notes.overwritten,
      cpus: this.notes.cpus,
    };
  }

  /** The event whose prefix was read. Returns why it cannot be used, if so. */
  private event(line: ArgumentLine): string | undefined {
    const prefix = this.prefix;
    if (this.labels.foreignNext) return this.foreignEvent();
    if (prefix.fractionDigits !== this.digits && !this.acceptClock()) return FTRACE_REJECTS.otherClock;
    if (this.digits === 0) this.noteTicks();
    const kind = this.names.read(line);
    if (kind < 0) return this.uselessEvent(kind);
    line.clear();
    const readArguments = ARGUMENT_READERS[kind]!;
    if (readArguments !== NO_ARGUMENTS && !(readArguments(line) && line.fits()))
      return FTRACE_REJECTS.badArguments;
    this.tasks.note(line.bytes, prefix);
    this.events += 1;
    this.sink.event(kind, prefix.sec, prefix.nsec, prefix.cpu, prefix.tid, line.dev, line.tag, line.aux);
    return undefined;
  }

  private uselessEvent(kind: number): string | undefined {
    if (kind === NO_NAME) return FTRACE_REJECTS.noName;
    if (kind === UNUSED) this.unused += 1;
    return undefined;
  }

  private foreignEvent(): string {
    this.labels.foreignNext = false;
    return FTRACE_REJECTS.otherRecording;
  }

  /** The first time stamp decides: times with a dot, or a counter. Six and nine digits are the same clock. */
  private acceptClock(): boolean {
    const digits = this.prefix.fractionDigits;
    if (this.digits >= 0 && (this.digits === 0 || digits === 0)) return false;
    if (digits === 6) this.roundingNs = 500;
    this.digits = digits;
    return true;
  }

  private noteTicks(): void {
    this.lastTicks = this.prefix.sec * 1e9 + this.prefix.nsec;
    if (this.firstTicks < 0) this.firstTicks = this.lastTicks;
  }

  /** A line that is no event in the usual columns. Returns why it cannot be used, if so. */
  private otherLine(line: ArgumentLine): string | undefined {
    const start = line.at;
    if (this.prefix.search(line)) return this.event(line);
    if (!this.notes.read(line)) return this.labelledLine(line, start);
    this.labels.noteUnlabelled(line.bytes, start, line.end);
    return undefined;
  }

  private labelledLine(line: ArgumentLine, start: number): string | undefined {
    const text = this.labels.find(line.bytes, start, line.end);
    line.at = text;
    const isEvent = text >= 0 && this.prefix.search(line);
    if (!isEvent && !(text >= 0 && this.labels.isNote)) {
      return this.notes.latencyFormat ? FTRACE_REJECTS.latencyFormat : FTRACE_REJECTS.notAnEvent;
    }
    if (this.labels.isForeign) return FTRACE_REJECTS.otherRecording;
    if (isEvent) return this.event(line);
    this.notes.read(line);
    return undefined;
  }
}
