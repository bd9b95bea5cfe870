/**
 * Text of `perf script` over tracepoints and probes, with the default fields or others:
 *
 *      IO io0  1981 [001]   661.578380:   block:block_rq_issue: 259,0 R 4096 () 142136 + 8 0x2,0,4 [IO io0]
 *      IO io0  1981 [001]   661.578655:           nvme:nvme_sq: [FAILED TO PARSE] ctrl_id=0 disk=nvme0n1 qid=4 …
 *      dd  6385 [001]  1623.790643: PERF_RECORD_LOST lost 86
 *
 * Written by tools/perf/builtin-script.c of Linux; arguments by libtraceevent, in the words of the kernel's own text.
 *
 * Prefer perf.data itself. perf script leaves out samples taken while a guest was running (that is, interrupts that
 * arrive on a CPU in guest mode, also NVMe completions) unless given --guestkallsyms=/dev/null; it does not say so,
 * and nothing in the text shows it. It does not print the clock. Without --ns, times are cut off to microseconds, not
 * rounded. Losses are told only with --show-lost-events, and by perf 6.1 not those at the end of the recording.
 *
 * Lines without a thread get tid 0xffffffff (perf's own -1) and lines without a CPU cpu 0xffff.
 */
import { ascii, startsWith } from './byte-cursor.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { ArgumentLine } from './ftrace/argument-line.ts';
import { ARGUMENT_READERS } from './ftrace/arguments.ts';
import { EventNames, NO_NAME, UNUSED } from './ftrace/event-names.ts';
import { type LineReader, scanLines } from './line-scanner.ts';
import { LossCount } from './perf-data/loss-count.ts';
import { NO_CPU } from './perf-data/row-limits.ts';
import { ScriptPrefix } from './perf-script/script-prefix.ts';
import { ScriptTasks } from './perf-script/script-tasks.ts';

/** Why a line could not be used. */
const REASON = {
  notAnEvent: 'not a line of perf script',
  noName: 'no event name behind the time',
  badArguments: 'arguments of a known event not understood',
  cut: 'last line is cut short',
  tooLong: 'line longer than 64 KiB',
} as const;

const BLANK = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const COMMENT = 0x23;
const LINE_FEED = 0x0a;
const RECORD = ascii('PERF_RECORD_');
const LOST = ascii('PERF_RECORD_LOST lost ');
const LOST_SAMPLES = ascii('PERF_RECORD_LOST_SAMPLES lost ');

/** What a time in microseconds can be too low by (timestamp__scnprintf_usec in tools/perf/util/time-utils.c divides). */
const CUT_OFF_NS = 1000;
/** Lines looked at to recognise the format. */
const SNIFFED_LINES = 64;

/** The format of perf script's text. */
export const perfScript: Format = {
  name: 'perf script',
  sniff: looksLikePerfScript,
  async parse(chunks, sink) {
    const reader = new ScriptReader(sink);
    await scanLines(chunks, reader);
    return reader.report();
  },
};

/**
 * Whether at least half of the lines are events, one of them with its group (`block:block_rq_issue:`), or perf's own records: with
 * --show-task-events and the like a file begins with thousands of those.
 */
function looksLikePerfScript(head: Uint8Array): boolean {
  const prefix = new ScriptPrefix();
  const line = new ArgumentLine(() => 0);
  let lines = 0;
  let events = 0;
  let grouped = 0;
  for (let start = 0; lines < SNIFFED_LINES; ) {
    const end = head.indexOf(LINE_FEED, start);
    if (end < 0) break;
    line.set(head, start, end);
    const isLine = prefix.read(line);
    if (isLine && startsWith(line.bytes, RECORD, line.at, line.end)) {
      events += 1;
      grouped += 1;
    } else if (isLine && toEventName(line)) {
      events += 1;
      if (line.bytes[line.at - 1] === COLON) grouped += 1;
    }
    if (!isContinuation(head, start, end)) lines += 1;
    start = end + 1;
  }
  return grouped > 0 && events * 2 >= lines;
}

class ScriptReader implements LineReader {
  readonly #sink: EventSink;
  readonly #line: ArgumentLine;
  readonly #prefix = new ScriptPrefix();
  readonly #names = new EventNames();
  readonly #tasks: ScriptTasks;
  readonly #losses: LossCount;
  #records = 0;
  #unused = 0;
  #roundingNs = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
    this.#line = new ArgumentLine((text) => sink.string(text));
    this.#tasks = new ScriptTasks(sink);
    this.#losses = new LossCount(sink);
  }

  line(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    const line = this.#line;
    line.set(bytes, start, end);
    const reason = this.#prefix.read(line)
      ? this.#record(line)
      : isContinuation(bytes, start, end)
        ? undefined
        : REASON.notAnEvent;
    if (reason !== undefined) this.#sink.reject(reason, offset, number);
  }

  tooLong(offset: number, number: number): void {
    this.#sink.reject(REASON.tooLong, offset, number);
  }

  unfinished(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    if (!isContinuation(bytes, start, end)) this.#sink.reject(REASON.cut, offset, number);
  }

  report(): ParseReport {
    this.#losses.finish();
    return {
      unit: 'ns',
      roundingNs: this.#roundingNs,
      clock: 'unknown',
      records: this.#records,
      unused: this.#unused,
    };
  }

  /** The line whose columns were read. Returns why it cannot be used, if so. */
  #record(line: ArgumentLine): string | undefined {
    this.#records += 1;
    if (startsWith(line.bytes, RECORD, line.at, line.end)) return this.#perfRecord(line);
    if (!toEventName(line)) return REASON.noName;
    const kind = this.#names.read(line);
    if (kind === NO_NAME) return REASON.noName;
    if (kind === UNUSED) this.#unused += 1;
    if (kind < 0) return undefined;
    line.clear();
    if (!ARGUMENT_READERS[kind]!(line) || !line.fits()) return REASON.badArguments;
    const { sec, nsec, digits, cpu, tid } = this.#prefix;
    this.#tasks.note(line, this.#prefix);
    if (digits === 6) this.#roundingNs = CUT_OFF_NS;
    const { dev, tag, aux } = line;
    this.#sink.event(kind, sec, nsec, cpu, tid, dev, tag, aux);
    return undefined;
  }

  /** Records other than samples, printed with --show-lost-events and the like. */
  #perfRecord(line: ArgumentLine): string | undefined {
    const { cpu } = this.#prefix;
    if (line.skipText(LOST)) this.#losses.lost(cpu === NO_CPU ? -1 : cpu, Math.max(0, line.decimal()));
    // perf writes these itself, without a CPU, whatever the column says.
    else if (line.skipText(LOST_SAMPLES)) this.#losses.lostSamples(-1, Math.max(0, line.decimal()));
    return undefined;
  }
}

/**
 * Moves to the name in `group:name:`, `name:` or, with a period before it, `250000 cpu-clock:`. False, and anywhere,
 * when there is none.
 */
function toEventName(line: ArgumentLine): boolean {
  const { bytes, end } = line;
  const start = line.at;
  if (line.decimal() >= 0 && line.peek() === BLANK) line.skipBlanks();
  else line.at = start;
  let last = line.at;
  while (last < end && bytes[last] !== BLANK) last += 1;
  if (last - line.at < 2 || bytes[last - 1] !== COLON) return false;
  let name = last - 1;
  while (name > line.at && bytes[name - 1] !== COLON) name -= 1;
  line.at = name;
  return name < last - 1;
}

/**
 * Lines that belong to the event above (callchains) or to none: blank ones, the comments of --header, and records that
 * perf prints without columns (--show-round-events).
 */
function isContinuation(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || bytes[start] === TAB || bytes[start] === COMMENT) return true;
  if (startsWith(bytes, RECORD, start, end)) return true;
  for (let at = start; at < end; at += 1) if (bytes[at] !== BLANK) return false;
  return true;
}
