/**
 * Events as iotrace itself keeps them in a shared bundle: what a parser made of a tracer's output, without the output.
 * Written by `src/share/event-lines.ts`. Words, a blank, values; one event a line, times as differences:
 *
 *   # iotrace events 1
 *   format tracefs text                    the tracer's format, as the report names it
 *   clock unknown
 *   unit ns                                or ticks
 *   rounding 500
 *   records 51178
 *   unused 3
 *   claimed 51178                          only where the stream claimed a number
 *   overwritten 0                          only where the tracer said
 *   kind 0 kvm_exit                        number of a kind in this file
 *   string 1 virtio1-req.0
 *   task 5301 5290 CPU 0/KVM               thread, process (- = not recorded), name
 *   start 816 401128000                    seconds and nanoseconds the first difference counts from
 *   0 0 2 5301 0 1 0                       kind, ns since the line before, CPU, thread, dev, tag (- = none), aux
 *   lost 2 17                              CPU (-1 = not said), events (- = not said)
 *   reject 3 4711 52 a reason              how often, first at byte and line of the original
 */
import { EVENT_KINDS, kindByName } from './event-kinds.ts';
import type { EventSink } from './event-sink.ts';
import type { ClockId, Format, ParseReport } from './format.ts';
import { type LineReader, scanLines } from './line-scanner.ts';

/** The first line; its number is the version of the form. */
export const IOTRACE_EVENTS_HEADER = '# iotrace events 1';

const REJECT = {
  line: 'not a line of iotrace events',
  kind: 'an event of an unknown name',
  range: 'a number out of range',
  tooLong: 'a line is longer than 64 KiB',
} as const;

const CLOCKS: ReadonlySet<string> = new Set<ClockId>([
  ...(['mono', 'mono_raw', 'boot', 'realtime', 'tai', 'local', 'x86-tsc', 'unknown'] as const),
]);
const MAX_KINDS = 1024;
const MAX_REJECTS = 64;
const BILLION = 1_000_000_000;
const FIELDS = 7;

/** Events of a shared bundle. */
export const iotraceEvents: Format = {
  name: 'iotrace events',
  sniff: (head) =>
    Buffer.from(head.subarray(0, 64)).toString('latin1').split(/\r?\n/)[0] === IOTRACE_EVENTS_HEADER,
  async parse(chunks, sink) {
    const reader = new EventLines(sink);
    await scanLines(chunks, reader);
    return reader.report();
  },
};

class EventLines implements LineReader {
  readonly #sink: EventSink;
  /** Number in the file → kind; undefined for a name this version does not know. */
  readonly #kinds: (number | undefined)[] = [];
  readonly #strings: number[] = [0];
  readonly #fields = new Float64Array(FIELDS);
  readonly #words = new Map<string, string>();
  readonly #tasks = new Set<number>();
  #sec = 0;
  #nsec = 0;
  #rejects = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  line(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    const first = bytes[start]!;
    const reason =
      first >= 48 && first <= 57 ? this.#event(bytes, start, end) : this.#word(textOf(bytes, start, end));
    if (reason !== undefined) this.#sink.reject(reason, offset, number);
  }

  tooLong(offset: number, number: number): void {
    this.#sink.reject(REJECT.tooLong, offset, number);
  }

  unfinished(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    this.line(bytes, start, end, offset, number);
  }

  report(): ParseReport {
    const clock = this.#words.get('clock') ?? '';
    return {
      format: this.#words.get('format'),
      clock: CLOCKS.has(clock) ? (clock as ClockId) : 'unknown',
      unit: this.#words.get('unit') === 'ticks' ? 'ticks' : 'ns',
      roundingNs: this.#count('rounding') ?? 0,
      records: this.#count('records') ?? 0,
      unused: this.#count('unused') ?? 0,
      claimed: this.#count('claimed'),
      overwritten: this.#count('overwritten'),
    };
  }

  #count(word: string): number | undefined {
    const text = this.#words.get(word);
    return text === undefined || !/^\d{1,16}(\.\d{1,9})?$/.test(text) ? undefined : Number(text);
  }

  /** An event, all of it numbers; why it cannot be used, or undefined. */
  #event(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!readNumbers(bytes, start, end, this.#fields)) return REJECT.line;
    const [number, step, cpu, tid, dev, tag, aux] = this.#fields as unknown as Seven;
    this.#advance(step);
    const kind = this.#kinds[number];
    if (kind === undefined) return REJECT.kind;
    const fits = cpu === (cpu & 0xffff) && isU32(tid) && isU32(dev) && aux === (aux | 0);
    if (!fits || !isTag(tag) || !this.#hasTime()) return REJECT.range;
    this.#see(tid);
    const named = EVENT_KINDS[kind]!.shape === 'irq' ? (this.#strings[dev] ?? 0) : dev;
    this.#sink.event(kind, this.#sec, this.#nsec, cpu, tid, named, tag, aux);
    return undefined;
  }

  /** Tells of a thread that no line named, once. */
  #see(tid: number): void {
    if (this.#tasks.has(tid)) return;
    this.#tasks.add(tid);
    this.#sink.task(tid, '', undefined);
  }

  #hasTime(): boolean {
    return Number.isSafeInteger(this.#sec) && this.#sec >= 0 && this.#nsec >= 0 && this.#nsec < BILLION;
  }

  #advance(step: number): void {
    const nsec = this.#nsec + step;
    const carry = Math.floor(nsec / BILLION);
    this.#sec += carry;
    this.#nsec = nsec - carry * BILLION;
  }

  #word(line: string): string | undefined {
    if (line === '' || line.startsWith('#')) return undefined;
    const [, word = '', rest = ''] = /^([a-z]+) (.*)$/.exec(line) ?? [];
    if (word === 'kind') return this.#kind(rest);
    if (word === 'string') return this.#string(rest);
    if (word === 'task') return this.#task(rest);
    if (word === 'start') return this.#start(rest);
    if (word === 'lost') return this.#lost(rest);
    if (word === 'reject') return this.#reject(rest);
    if (!WORDS.has(word) || this.#words.has(word)) return REJECT.line;
    this.#words.set(word, rest);
    return undefined;
  }

  #kind(rest: string): string | undefined {
    const match = /^(\d{1,4}) (\w+)$/.exec(rest);
    const number = Number(match?.[1] ?? MAX_KINDS);
    if (number >= MAX_KINDS) return REJECT.line;
    this.#kinds[number] = kindByName(match![2]!)?.id;
    return undefined;
  }

  /** Ids count up from 1. */
  #string(rest: string): string | undefined {
    const match = /^(\d{1,6}) (.*)$/.exec(rest);
    if (match === null || Number(match[1]) !== this.#strings.length) return REJECT.line;
    this.#strings.push(this.#sink.string(match[2]!));
    return undefined;
  }

  #task(rest: string): string | undefined {
    const match = /^(\d{1,10}) (\d{1,10}|-) ?(.*)$/.exec(rest);
    if (match === null) return REJECT.line;
    const tid = Number(match[1]);
    const tgid = match[2] === '-' ? undefined : Number(match[2]);
    if (!isU32(tid) || (tgid !== undefined && !isU32(tgid))) return REJECT.range;
    this.#tasks.add(tid);
    this.#sink.task(tid, match[3]!, tgid);
    return undefined;
  }

  #start(rest: string): string | undefined {
    const match = /^(\d{1,16}) (\d{1,9})$/.exec(rest);
    if (match === null) return REJECT.line;
    this.#sec = Number(match[1]);
    this.#nsec = Number(match[2]);
    return undefined;
  }

  #lost(rest: string): string | undefined {
    const match = /^(-1|\d{1,5}) (\d{1,15}|-)$/.exec(rest);
    if (match === null) return REJECT.line;
    if (Number(match[1]) > 0xffff) return REJECT.range;
    this.#sink.lost(Number(match[1]), match[2] === '-' ? undefined : Number(match[2]));
    return undefined;
  }

  #reject(rest: string): string | undefined {
    const match = /^(\d{1,12}) (\d{1,16}) (\d{1,16}) (.{1,200})$/.exec(rest);
    if (match === null || ++this.#rejects > MAX_REJECTS) return REJECT.line;
    this.#sink.reject(match[4]!, Number(match[2]), Number(match[3]), Number(match[1]));
    return undefined;
  }
}

type Seven = readonly [number, number, number, number, number, number, number];

const WORDS: ReadonlySet<string> = new Set(
  'format clock unit rounding records unused claimed overwritten'.split(' '),
);

function isU32(value: number): boolean {
  return value === value >>> 0;
}

function isTag(value: number): boolean {
  return Number.isNaN(value) || Number.isSafeInteger(value);
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** Exactly seven whole numbers between blanks; a lone '-' is NaN. */
function readNumbers(bytes: Uint8Array, start: number, end: number, fields: Float64Array): boolean {
  let at = start;
  for (let field = 0; field < FIELDS; field++) {
    if (field > 0 && bytes[at++] !== 32) return false;
    const negative = bytes[at] === 45;
    if (negative) at++;
    const from = at;
    let value = 0;
    for (let digit = bytes[at]! - 48; at < end && digit >= 0 && digit <= 9; digit = bytes[++at]! - 48)
      value = value * 10 + digit;
    if (at === from && !(negative && field === 5)) return false;
    fields[field] = at === from ? Number.NaN : negative ? -value : value;
  }
  return at === end;
}
