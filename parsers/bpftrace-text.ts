import { isEventsHeader } from './bpftrace/header.ts';
import { type KnownEvents, kindByScriptName, NO_EVENTS } from './bpftrace/known-events.ts';
import { nsecsClock, readScript } from './bpftrace/script.ts';
import { BpftraceTextReader } from './bpftrace/text-reader.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { type LineReader, scanLines } from './line-scanner.ts';

const REJECT = {
  tooLong: 'line longer than 64 KiB',
  unfinished: 'the last line has no end: it may be cut',
} as const;

const SNIFF_BYTES = 16_384;
/** 1719578627277 2 12757 kvm_exit 0x400 */
const EVENT_LINE = /^\d{1,20} +(\d{1,4}) +\d{1,10} +([A-Za-z_]\w*)(?: |\r?$)/;

/** @e[4347279553769, 0]: (3, 15617, 3) */
const MAP_LINE = /^@\w*\[\d{9,20}, ?\d{1,5}\]: \(\d{1,15}, \d{1,10}[,)]/;

/** What a bpftrace script prints, one line an event: `nsecs cpu tid name values…`, and flight recorders' maps (bpftrace/text-reader.ts). */
export const bpftraceText: Format = bpftraceTextWithScript('');

/** The same for a recording whose script is at hand: it says which clock the times are of. */
export function bpftraceTextWithScript(script: string): Format {
  const read = readScript(script);
  const known = { ...NO_EVENTS, byId: read.byId, clock: read.clock ?? printedClock(script) };
  return { name: 'bpftrace text', sniff, parse: (chunks, sink) => parse(chunks, sink, known) };
}

/** The clock of a script that prints: `nsecs(monotonic)` throughout, or undefined. */
function printedClock(script: string): KnownEvents['clock'] {
  const clocks = new Set([...script.matchAll(/\bnsecs(?:\((\w+)\))?/g)].map(([, name]) => nsecsClock(name)));
  return clocks.size === 1 ? [...clocks][0] : undefined;
}

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, SNIFF_BYTES)).toString(
    'latin1',
  );
  const lines = text.split('\n', 200);
  if (lines.some((line) => isEventsHeader(line) || MAP_LINE.test(line))) return true;
  const first = lines.find((line) => /^\d/.test(line));
  const match = EVENT_LINE.exec(first ?? '');
  return match !== null && kindByScriptName(match[2]!) !== undefined;
}

async function parse(
  chunks: AsyncIterable<Uint8Array>,
  sink: EventSink,
  known: KnownEvents,
): Promise<ParseReport> {
  const text = new BpftraceTextReader(sink, known);
  const reader: LineReader = {
    line: (bytes, start, end, offset, number) => text.line(bytes, start, end, offset, number),
    tooLong: (offset, number) => sink.reject(REJECT.tooLong, offset, number),
    unfinished: (bytes, start, end, offset, number) => {
      // An event may have lost digits; what is none is judged as it is.
      const isEvent = bytes[start]! >= 0x30 && bytes[start]! <= 0x39;
      if (isEvent) sink.reject(REJECT.unfinished, offset, number);
      else text.line(bytes, start, end, offset, number);
    },
  };
  await scanLines(chunks, reader);
  // nsecs without an argument is CLOCK_BOOTTIME in every version of bpftrace that a 5.8 or newer kernel runs
  const clock = text.known.clock ?? 'boot';
  const { unused, maps } = text;
  // Where probes were counted, so are only their elements.
  const records = maps.fired === undefined ? text.records : maps.elements;
  return { unit: 'ns', roundingNs: 0, clock, records, unused, claimed: maps.fired };
}
