import type { EventSink } from '../event-sink.ts';
import { EVENT_TYPE, type EventAttribute } from './attribute.ts';
import type { Columns } from './column-reader.ts';
import { areInRange, type ColumnPlan, planColumns } from './columns.ts';
import type { EventIds } from './event-ids.ts';
import { MAX_TID, NO_CPU, NO_TID } from './row-limits.ts';
import { rawPlace, type SampleLayout, sampleLayout } from './sample-layout.ts';
import { StringField } from './string-field.ts';
import type { TaskNames } from './task-names.ts';
import type { TracepointFormat } from './tracepoint-format.ts';

/** Why a sample cannot be used. */
const REASON = {
  unknownEvent: 'sample of an event that is not in the file',
  noFormat: 'sample of a tracepoint whose format is not in the file',
  unfit: 'tracepoint lacks the fields it is known by',
  incomplete: 'samples were recorded without time, thread or raw data',
  short: 'sample is shorter than its event says',
  value: 'field of a tracepoint has an impossible value',
} as const;

/** Events in one recording; all tracepoints of a kernel are below 3,000. */
const MAX_EVENTS = 65_536;

/** An event as its samples are read. Neither a plan nor a refusal: there is nothing of use in it. */
interface SampledEvent {
  readonly attribute: EventAttribute;
  readonly layout: SampleLayout;
  readonly plan: ColumnPlan | undefined;
  /** Why its samples are rejected. */
  readonly refusal: string | undefined;
}

/**
 * Turns samples into rows. Makes no object per sample: a plan per event says where everything is, and the columns go
 * through one object.
 */
export class SampleReader {
  /** Samples of events that iotrace has no use for. */
  unused = 0;
  readonly #sink: EventSink;
  readonly #ids: EventIds;
  readonly #tasks: TaskNames;
  readonly #strings: StringField;
  readonly #columns: Columns = { dev: 0, tag: Number.NaN, aux: 0 };
  #sec = 0;
  #nsec = 0;
  #formats: ReadonlyMap<number, TracepointFormat> = new Map();
  #events: SampledEvent[] = [];
  /** Position of the event of a tracepoint number, for samples that carry no id. */
  #byTracepoint = new Map<number, number>();

  constructor(sink: EventSink, ids: EventIds, tasks: TaskNames) {
    this.#sink = sink;
    this.#ids = ids;
    this.#tasks = tasks;
    this.#strings = new StringField((text) => sink.string(text));
  }

  /** Adds an event, as the attributes list them; false when there are too many. */
  addEvent(attribute: EventAttribute): boolean {
    if (this.#events.length === MAX_EVENTS) return false;
    this.#ids.add(attribute.ids, this.#events.length);
    if (attribute.type === EVENT_TYPE.tracepoint)
      this.#byTracepoint.set(attribute.config, this.#events.length);
    this.#events.push(this.#prepare(attribute));
    return true;
  }

  get hasFormats(): boolean {
    return this.#formats.size > 0;
  }

  /** Takes the formats of the tracepoints, before or after the events are added. */
  setFormats(formats: ReadonlyMap<number, TracepointFormat>): void {
    this.#formats = formats;
    this.#events = this.#events.map((event) => this.#prepare(event.attribute));
  }

  get attributes(): readonly EventAttribute[] {
    return this.#events.map((event) => event.attribute);
  }

  /** The layout of the identification at the end of a record that is no sample; undefined where there are no events. */
  trailerOf(view: DataView, end: number): SampleLayout['trailer'] | undefined {
    const first = this.#events[0]?.layout.trailer;
    if (first === undefined || first.id < 0 || this.#events.length === 1) return first;
    const event = this.#ids.eventAt(view, end - first.length + first.id);
    return this.#events[event]?.layout.trailer ?? first;
  }

  /** Reads the sample in [at, end) of a view into the sink. Returns why it cannot be used, if so. */
  read(view: DataView, at: number, end: number): string | undefined {
    const event = this.#eventAt(view, at, end);
    return event === undefined ? REASON.unknownEvent : this.#readEvent(event, view, at, end);
  }

  /** Reads a sample whose event is known. Returns why it cannot be used, if so. */
  #readEvent(event: SampledEvent, view: DataView, at: number, end: number): string | undefined {
    const { plan, layout } = event;
    if (plan === undefined) {
      if (event.refusal === undefined) this.unused += 1;
      return event.refusal;
    }
    const raw = rawPlace(layout, view, at, end);
    if (raw < 0) return REASON.short;
    const size = view.getUint32(raw, true);
    if (size < plan.needs || raw + 4 + size > end) return REASON.short;
    const cpu = layout.cpu < 0 ? this.#openedOn(view, at, layout) : view.getUint32(at + layout.cpu, true);
    const tid = view.getUint32(at + layout.tid + 4, true);
    if (cpu > NO_CPU || (tid > MAX_TID && tid !== NO_TID)) return REASON.value;
    const columns = this.#columns;
    columns.dev = 0;
    columns.tag = Number.NaN;
    columns.aux = 0;
    if (!plan.read(view, raw + 4, columns, size) || !areInRange(columns)) return REASON.value;
    this.#tasks.see(tid, view.getUint32(at + layout.tid, true));
    this.#readTime(view.getUint32(at + layout.time + 4, true), view.getUint32(at + layout.time, true));
    const { dev, tag, aux } = columns;
    this.#sink.event(plan.kind, this.#sec, this.#nsec, cpu, tid, dev, tag, aux);
    return undefined;
  }

  /** The CPU of a sample that does not carry it: the one its event was opened on. */
  #openedOn(view: DataView, at: number, layout: SampleLayout): number {
    const cpu = layout.id < 0 ? -1 : this.#ids.cpuOf(readId(view, at + layout.id));
    return cpu < 0 ? NO_CPU : cpu;
  }

  /** Splits 64-bit nanoseconds into seconds and the rest, exactly: above 2^52 (52 days) by long division. */
  #readTime(high: number, low: number): void {
    if (high < 1 << 20) {
      const total = high * 2 ** 32 + low;
      this.#nsec = total - this.#sec * 1e9;
      if (this.#nsec >= 0 && this.#nsec < 1e9) return;
      this.#sec = Math.floor(total / 1e9);
      this.#nsec = total - this.#sec * 1e9;
      return;
    }
    let sec = 0;
    let rest = 0;
    for (const digit of [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff]) {
      const value = rest * 65_536 + digit;
      sec = sec * 65_536 + Math.floor(value / 1e9);
      rest = value % 1e9;
    }
    this.#sec = sec;
    this.#nsec = rest;
  }

  /** Which event a sample is of: by its id, else the only one there is, else by the number in its raw data. */
  #eventAt(view: DataView, at: number, end: number): SampledEvent | undefined {
    const first = this.#events[0];
    if (first === undefined || this.#events.length === 1) return first;
    const { layout } = first;
    if (at + layout.variable > end) return undefined;
    if (layout.id >= 0) return this.#events[this.#ids.eventAt(view, at + layout.id)];
    const raw = layout.hasRaw ? rawPlace(layout, view, at, end) : -1;
    if (raw < 0 || raw + 6 > end) return undefined;
    return this.#events[this.#byTracepoint.get(view.getUint16(raw + 4, true)) ?? -1];
  }

  #prepare(attribute: EventAttribute): SampledEvent {
    const layout = sampleLayout(attribute);
    const unused: SampledEvent = { attribute, layout, plan: undefined, refusal: undefined };
    if (attribute.type !== EVENT_TYPE.tracepoint) return unused;
    const format = this.#formats.get(attribute.config);
    if (format === undefined) return { ...unused, refusal: REASON.noFormat };
    const plan = planColumns(format, this.#strings);
    if (plan === 'unused') return unused;
    if (plan === 'unfit') return { ...unused, refusal: REASON.unfit };
    const isWhole = layout.time >= 0 && layout.tid >= 0 && layout.hasRaw;
    return isWhole ? { ...unused, plan } : { ...unused, refusal: REASON.incomplete };
  }
}

function readId(view: DataView, at: number): number {
  if (at < 0 || at + 8 > view.byteLength) return -1;
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
