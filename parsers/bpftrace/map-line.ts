import { MAX_TID, readCount, readSplitTime } from '../decimal-text.ts';
import { type EventPlace, type EventWriter, MAX_CPU } from './event-writer.ts';
import type { KnownEvents } from './known-events.ts';

/** Reject reasons of an element. */
export const MAP_REJECT = {
  noNames: 'an event without a name: no header, and no script that gives one',
  unknownId: 'an event id that neither header nor script names',
  value: 'a value is not a number',
} as const;

// @e[4347279553769, 0]: (3, 15617, 3, 0, 0)           @fired[3]: 63
const ELEMENT = /^@\w*\[(\d{1,20}), ?(\d{1,5})\]: \((\d{1,15}), (\d{1,10})((?:, [^,()]{1,64}){0,16})\)$/;
const FIRED = /^@fired\[\d{1,15}\]: (\d{1,15})$/;

/** Elements of a flight recorder's map, as bpftrace prints them without `-f json`: one a line, in the order of the map. */
export class MapLines {
  /** Sum of @fired: how often the probes ran; undefined where the script does not count. */
  fired: number | undefined;
  /** Elements read, what @fired is to be held against. */
  elements = 0;
  readonly #writer: EventWriter;
  readonly #place: EventPlace = { sec: 0, nsec: 0, cpu: 0, tid: 0 };

  constructor(writer: EventWriter) {
    this.#writer = writer;
  }

  /** Reads a line that begins with @. 'unused' when it is of no flight recorder, else why it cannot be used, if so. */
  read(line: string, known: KnownEvents): string | undefined {
    const count = FIRED.exec(line);
    if (count !== null) this.fired = (this.fired ?? 0) + Number(count[1]);
    const element = ELEMENT.exec(line);
    if (element === null) return 'unused';
    this.elements += 1;
    const [, time, cpu, id, tid, values] = element.map((part) => Buffer.from(part, 'latin1'));
    const place = this.#place;
    place.cpu = readCount(cpu!, 0, cpu!.length, MAX_CPU);
    place.tid = readCount(tid!, 0, tid!.length, MAX_TID);
    if (!readSplitTime(time!, 0, time!.length, place) || place.cpu < 0 || place.tid < 0)
      return MAP_REJECT.value;
    const event = known.byId.get(Number(id!.toString('latin1')));
    if (event === undefined) return known.byId.size === 0 ? MAP_REJECT.noNames : MAP_REJECT.unknownId;
    this.#writer.begin(event);
    const texts = values!.length === 0 ? [] : values!.toString('latin1').slice(2).split(', ');
    texts.forEach((text, index) => {
      const bytes = Buffer.from(text, 'latin1');
      this.#writer.valueAt(index, bytes, 0, bytes.length);
    });
    if (event.kind === undefined) return 'unused';
    return this.#writer.end(place) ? undefined : MAP_REJECT.value;
  }
}
