import type { SplitTime } from '../decimal-text.ts';
import type { EventSink } from '../event-sink.ts';
import {
  directionOf,
  FieldRow,
  type FieldSetter,
  fieldSetter,
  missingAux,
  namedDirection,
} from './fields.ts';
import type { KnownEvent } from './known-events.ts';
import { Value64 } from './value64.ts';

/** The kernel's limit on x86; a larger number means that the columns are not what they seem. */
export const MAX_CPU = 8191;
const MOST_TASKS = 65_536;

/** Where and when an event was. */
export interface EventPlace extends SplitTime {
  cpu: number;
  tid: number;
}

interface Compiled {
  readonly setters: readonly (FieldSetter | undefined)[];
  readonly direction: number | undefined;
  readonly aux: number;
}

/**
 * Turns the values of one event after the other into rows: `begin`, then each value, then `end`. Rows are kept by the
 * caller's event; a value without a column is dropped, one that should be a number and is not spoils the event.
 */
export class EventWriter {
  readonly #sink: EventSink;
  readonly #row = new FieldRow();
  readonly #value = new Value64();
  readonly #compiled = new Map<KnownEvent, Compiled>();
  readonly #tasks = new Set<number>();
  #event: KnownEvent | undefined;
  #now: Compiled | undefined;
  #isGood = true;
  #comm = '';
  #isNameless = false;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Starts an event; its values follow. */
  begin(event: KnownEvent): void {
    this.#event = event;
    this.#now = this.#compile(event);
    this.#row.clear();
    this.#row.direction = this.#now.direction ?? this.#row.direction;
    this.#row.aux = this.#now.aux;
    this.#isGood = true;
    this.#comm = '';
    this.#isNameless = false;
  }

  /** The event's value number `index` of its fields, as text. */
  valueAt(index: number, bytes: Uint8Array, start: number, end: number): void {
    const name = this.#event?.fields[index];
    if (name !== undefined) this.#set(name, this.#now?.setters[index], bytes, start, end);
  }

  /** A value that comes with its own name, as `gpa=0xfebf7000` does. */
  valueNamed(name: string, bytes: Uint8Array, start: number, end: number): void {
    const kind = this.#event?.kind;
    this.#set(name, kind === undefined ? undefined : fieldSetter(kind, name), bytes, start, end);
  }

  /** Writes the row. False, and nothing written, when a value was not a number. */
  end(place: EventPlace): boolean {
    const kind = this.#event?.kind;
    if (kind === undefined || !this.#isGood) return this.#isGood;
    const row = this.#row;
    row.finish(kind.shape);
    if (this.#isNameless && !Number.isNaN(row.tag)) row.dev = this.#sink.string(`irq ${row.tag}`);
    this.#task(place.tid);
    this.#sink.event(kind.id, place.sec, place.nsec, place.cpu, place.tid, row.dev, row.tag, row.aux);
    return true;
  }

  #set(name: string, set: FieldSetter | undefined, bytes: Uint8Array, start: number, end: number): void {
    if (name === 'comm') this.#comm = text(bytes, start, end);
    else if (name === 'rwbs') this.#row.direction = directionOf(text(bytes, start, end));
    else if (name === 'name' && this.#event?.kind?.shape === 'irq') this.#setHandler(text(bytes, start, end));
    else if (set === undefined) return;
    else if (this.#value.read(bytes, start, end)) set(this.#row, this.#value);
    else this.#isGood = false;
  }

  /** bpftrace 0.23 reads the handler's name as empty: then its number tells one interrupt from another. */
  #setHandler(handler: string): void {
    this.#isNameless = handler === '';
    if (!this.#isNameless) this.#row.dev = this.#sink.string(handler);
  }

  #task(tid: number): void {
    if (this.#tasks.has(tid) && this.#comm === '') return;
    if (this.#tasks.size === MOST_TASKS) this.#tasks.clear(); // naming a thread again does no harm
    this.#tasks.add(tid);
    this.#sink.task(tid, this.#comm, undefined);
  }

  #compile(event: KnownEvent): Compiled {
    const known = this.#compiled.get(event);
    if (known !== undefined) return known;
    const { kind, fields } = event;
    const compiled: Compiled = {
      setters: fields.map((field) => (kind === undefined ? undefined : fieldSetter(kind, field))),
      direction: kind === undefined ? undefined : namedDirection(kind.name),
      aux: kind === undefined ? 0 : missingAux(kind),
    };
    this.#compiled.set(event, compiled);
    return compiled;
  }
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 64)).toString('utf8');
}
