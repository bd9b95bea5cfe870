/**
 * `bpftrace -f json`: flight recorders, which keep every event in a map and print it when they end.
 *   {"type": "printf", "data": "# iotrace events clock=mono 1=kvm_exit:exit_reason 2=kvm_entry\n"}
 *   {"type": "map", "data": {"@e": {"606995500709,0": [1,1613,124], "606996055280,0": [1,1613,96], …}}}
 *   {"type": "map", "data": {"@fired": {"1": 500}}}                 how often each probe ran, by id
 *   {"type": "lost_events", "data": {"events": 12}}
 * An element is nsecs,cpu → [event id, thread, values…]; what ids and values are, the header line says, or the script
 * of the recording. Elements come in the map's order, which is not that of time. Two events of one CPU in the same
 * nanosecond are one element, and a full map takes no more: @fired tells.
 */
import { type EventPlace, EventWriter, MAX_CPU } from './bpftrace/event-writer.ts';
import type { KnownEvents } from './bpftrace/known-events.ts';
import { readScript } from './bpftrace/script.ts';
import { BpftraceTextReader } from './bpftrace/text-reader.ts';
import { MAX_TID, readCount, readSplitTime } from './decimal-text.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { type JsonFault, type JsonHandler, JsonScanner } from './json-scanner.ts';

const REJECT = {
  noNames: 'no event names: neither a header line nor the script says what the ids are',
  unknownId: 'an event id that neither the header nor the script names',
  element: 'a map element of another form than nsecs,cpu: [id, tid, …]',
  value: 'a value is not a number',
} as const;

const FIRED = '@fired';
const COMMA = 0x2c;

/** bpftrace's JSON, with the names of its events in the stream's own header. */
export const bpftraceJson: Format = bpftraceJsonWithScript('');

/** The same for a recording whose script is at hand (`bpftrace/script.ts` says what of it is understood). */
export function bpftraceJsonWithScript(script: string): Format {
  const known = readScript(script);
  return { name: 'bpftrace JSON', sniff, parse: (chunks, sink) => parse(chunks, sink, known) };
}

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 4096)).toString('latin1');
  return /^\s*\{\s*"type"\s*:\s*"\w+"\s*,\s*"data"\s*:/m.test(text);
}

async function parse(
  chunks: AsyncIterable<Uint8Array>,
  sink: EventSink,
  known: KnownEvents,
): Promise<ParseReport> {
  const reader = new Reader(sink, known);
  const scanner = new JsonScanner(reader);
  reader.place = scanner;
  for await (const chunk of chunks) scanner.push(chunk);
  scanner.finish();
  return {
    unit: 'ns',
    roundingNs: 0,
    clock: reader.text.known.clock ?? 'boot',
    // Where probes were counted, so are only their elements.
    records: reader.fired === undefined ? reader.records + reader.text.records : reader.elements,
    unused: reader.unused + reader.text.unused,
    claimed: reader.fired,
  };
}

/** Depths: 1 the record, 2 its data, 3 a map, 4 an element's array. */
class Reader implements JsonHandler {
  records = 0;
  unused = 0;
  /** Elements whose key is nsecs,cpu, what @fired is to be held against. */
  elements = 0;
  /** Sum of @fired; undefined without that map. */
  fired: number | undefined;
  readonly text: BpftraceTextReader;
  place: { readonly offset: number; readonly line: number } = { offset: 0, line: 0 };
  readonly #sink: EventSink;
  readonly #writer: EventWriter;
  readonly #event: EventPlace = { sec: 0, nsec: 0, cpu: 0, tid: 0 };
  #depth = 0;
  #type = '';
  #member = '';
  #map = '';
  /** Whether the element's key was nsecs,cpu: other maps of a script are not looked into. */
  #isEvent = false;
  /** Whether its values are an id, a thread and plain values. */
  #isGood = false;
  #index = 0;
  #why: string | undefined;

  constructor(sink: EventSink, known: KnownEvents) {
    this.#sink = sink;
    this.#writer = new EventWriter(sink);
    this.text = new BpftraceTextReader(sink, known);
  }

  beginObject(): void {
    this.#depth++;
    if (this.#depth === 1) this.#type = '';
    else if (this.#depth > 3) this.#isGood = false;
  }

  endObject(): void {
    this.#depth--;
  }

  beginArray(): void {
    this.#depth++;
    if (this.#depth !== 4) {
      this.#isGood = false;
      return;
    }
    this.#index = 0;
    this.#isGood = true;
    this.#why = undefined;
  }

  endArray(): void {
    if (this.#depth === 4 && this.#type === 'map') this.#endElement();
    this.#depth--;
  }

  key(text: Uint8Array, length: number): void {
    if (this.#depth === 1) this.#member = decode(text, length);
    else if (this.#depth === 2) this.#map = decode(text, length);
    else if (this.#depth === 3) this.#isEvent = this.#elementKey(text, length);
  }

  string(text: Uint8Array, length: number): void {
    if (this.#depth === 1 && this.#member === 'type') this.#type = decode(text, length);
    else if (this.#depth === 1 && this.#member === 'data' && this.#type === 'printf')
      this.#printed(text, length);
    else if (this.#depth === 4) this.#value(text, length);
  }

  number(text: Uint8Array, length: number): void {
    if (this.#depth === 4) this.#value(text, length);
    else if (this.#depth === 3 && this.#map === FIRED) {
      const count = readCount(text, 0, length, Number.MAX_SAFE_INTEGER);
      if (count >= 0) this.fired = (this.fired ?? 0) + count;
    } else if (this.#depth === 2 && this.#type === 'lost_events' && this.#map === 'events') {
      const count = readCount(text, 0, length, Number.MAX_SAFE_INTEGER);
      this.#sink.lost(-1, count < 0 ? undefined : count);
    }
  }

  literal(): void {
    if (this.#depth === 4) this.#isGood = false;
  }

  broken(reason: JsonFault, offset: number, line: number): void {
    this.#depth = 0;
    this.#sink.reject(reason, offset, line);
  }

  #printed(text: Uint8Array, length: number): void {
    for (let start = 0; start < length; ) {
      const feed = text.subarray(start, length).indexOf(0x0a);
      const end = feed < 0 ? length : start + feed;
      this.text.line(text, start, end, this.place.offset, this.place.line);
      start = end + 1;
    }
  }

  #elementKey(text: Uint8Array, length: number): boolean {
    let comma = 0;
    while (comma < length && text[comma] !== COMMA) comma++;
    if (comma === length || !readSplitTime(text, 0, comma, this.#event)) return false;
    this.#event.cpu = readCount(text, comma + 1, length, MAX_CPU);
    return this.#event.cpu >= 0;
  }

  /** The next value of an element: its id, its thread, then what its fields are. */
  #value(text: Uint8Array, length: number): void {
    if (!this.#isEvent || !this.#isGood) return;
    const index = this.#index++;
    if (index === 0) this.#begin(readCount(text, 0, length, Number.MAX_SAFE_INTEGER));
    else if (index === 1) {
      this.#event.tid = readCount(text, 0, length, MAX_TID);
      this.#isGood = this.#event.tid >= 0;
    } else if (this.#why === undefined) this.#writer.valueAt(index - 2, text, 0, length);
  }

  #begin(id: number): void {
    const { byId } = this.text.known;
    const event = byId.get(id);
    if (event !== undefined) {
      this.#writer.begin(event);
      if (event.kind === undefined) this.unused++;
    } else this.#why = byId.size === 0 ? REJECT.noNames : REJECT.unknownId;
    this.#isGood = id >= 0;
  }

  #endElement(): void {
    this.records++;
    if (this.#isEvent) this.elements++;
    const { offset, line } = this.place;
    if (!this.#isEvent) this.unused++;
    else if (!this.#isGood || this.#index < 2) this.#sink.reject(REJECT.element, offset, line);
    else if (this.#why !== undefined) this.#sink.reject(this.#why, offset, line);
    else if (!this.#writer.end(this.#event)) this.#sink.reject(REJECT.value, offset, line);
  }
}

function decode(text: Uint8Array, length: number): string {
  return Buffer.from(text.buffer, text.byteOffset, length).toString('utf8');
}
