import { EVENT_TYPE, type EventAttribute } from './attribute.ts';
import { planColumns } from './columns.ts';
import type { EventIds } from './event-ids.ts';
import { rawPlace, type SampleLayout, sampleLayout } from './sample-layout.ts';
import { SamplePlan } from './sample-plan.ts';
import type { StringField } from './string-field.ts';
import type { TracepointFormat } from './tracepoint-format.ts';

/** Why samples of an event cannot be used. */
const REASON = {
  unknown: 'sample of an event that is not in the file',
  noFormat: 'sample of a tracepoint whose format is not in the file',
  unfit: 'tracepoint lacks the fields it is known by',
  incomplete: 'samples were recorded without time, thread or raw data',
} as const;

/** Events in one recording; all tracepoints of a kernel are below 3,000. */
const MAX_EVENTS = 65_536;

/** Ids that were looked up last. */
const SLOTS = 1024;
/** Ids are counted up from 1: the upper half of none is this. */
const NO_HIGH = 0xffff_ffff;

/** More bytes than a record has. */
const BEHIND = 1 << 16;

/** An event as its samples are read. Neither a plan nor a refusal: there is nothing of use in it. */
export interface SampledEvent {
  readonly layout: SampleLayout;
  readonly plan: SamplePlan | undefined;
  /** Why its samples are rejected. */
  readonly refusal: string | undefined;
}

const NO_LAYOUT = sampleLayout({ sampleType: 0, readFormat: 0, sampleIdAll: false });
const UNKNOWN: SampledEvent = { layout: NO_LAYOUT, plan: undefined, refusal: REASON.unknown };

/** The events of a recording, and which of them a sample is of. */
export class SampledEvents {
  readonly #ids: EventIds;
  readonly #strings: StringField;
  readonly #attributes: EventAttribute[] = [];
  #formats: ReadonlyMap<number, TracepointFormat> = new Map();
  #events: SampledEvent[] = [];
  /** Position of the event of a tracepoint number, for samples that carry no id. */
  readonly #byTracepoint = new Map<number, number>();
  /** Where the id of a sample ends, from its beginning; behind any sample where ids do not tell events apart. */
  #idEnd = BEHIND;
  /** Ids that were looked up last, in slots by their lower half, and what they stand for. */
  readonly #lows = new Uint32Array(SLOTS);
  readonly #highs = new Uint32Array(SLOTS);
  readonly #found: SampledEvent[] = [];

  constructor(ids: EventIds, strings: StringField) {
    this.#ids = ids;
    this.#strings = strings;
  }

  /** Adds an event, as the attributes list them; false when there are too many. */
  add(attribute: EventAttribute): boolean {
    const { length } = this.#attributes;
    if (length === MAX_EVENTS) return false;
    this.#ids.add(attribute.ids, length);
    if (attribute.type === EVENT_TYPE.tracepoint) this.#byTracepoint.set(attribute.config, length);
    this.#attributes.push(attribute);
    this.#events.push(this.#prepare(attribute));
    this.#lookUpAnew();
    return true;
  }

  get hasFormats(): boolean {
    return this.#formats.size > 0;
  }

  /** Takes the formats of the tracepoints, before or after the events are added. */
  setFormats(formats: ReadonlyMap<number, TracepointFormat>): void {
    this.#formats = formats;
    this.#events = this.#attributes.map((attribute) => this.#prepare(attribute));
    this.#lookUpAnew();
  }

  get attributes(): readonly EventAttribute[] {
    return this.#attributes;
  }

  /** The layout of the identification at the end of a record that is no sample; undefined where there are no events. */
  trailerOf(view: DataView, end: number): SampleLayout['trailer'] | undefined {
    const first = this.#events[0]?.layout.trailer;
    if (first === undefined || first.id < 0 || this.#events.length === 1) return first;
    const event = this.#ids.eventAt(view, end - first.length + first.id);
    return this.#events[event]?.layout.trailer ?? first;
  }

  /** The event of the sample in [at, end) of a view: by its id, which seldom has to be searched for. */
  of(view: DataView, at: number, end: number): SampledEvent {
    const idEnd = at + this.#idEnd;
    if (idEnd > end) return this.#withoutId(view, at, end);
    const low = view.getUint32(idEnd - 8, true);
    const high = view.getUint32(idEnd - 4, true);
    const slot = low % SLOTS;
    return this.#lows[slot] === low && this.#highs[slot] === high
      ? this.#found[slot]!
      : this.#search(view, idEnd - 8, slot);
  }

  #search(view: DataView, at: number, slot: number): SampledEvent {
    const event = this.#events[this.#ids.eventAt(view, at)] ?? UNKNOWN;
    this.#lows[slot] = view.getUint32(at, true);
    this.#highs[slot] = view.getUint32(at + 4, true);
    this.#found[slot] = event;
    return event;
  }

  /** The only event there is, else that of the number in the raw data. */
  #withoutId(view: DataView, at: number, end: number): SampledEvent {
    const first = this.#events[0];
    if (first === undefined) return UNKNOWN;
    if (this.#events.length === 1) return first;
    const { layout } = first;
    const raw = layout.id < 0 && layout.hasRaw ? rawPlace(layout, view, at, end) : -1;
    if (raw < 0 || raw + 6 > end) return UNKNOWN;
    return this.#events[this.#byTracepoint.get(view.getUint16(raw + 4, true)) ?? -1] ?? UNKNOWN;
  }

  /** The events are others: nothing that was found holds. */
  #lookUpAnew(): void {
    const id = this.#events.length < 2 ? -1 : this.#events[0]!.layout.id;
    this.#idEnd = id < 0 ? BEHIND : id + 8;
    this.#highs.fill(NO_HIGH);
    for (let slot = 0; slot < SLOTS; slot++) this.#found[slot] = UNKNOWN;
  }

  #prepare(attribute: EventAttribute): SampledEvent {
    const layout = sampleLayout(attribute);
    const refused = (refusal: string | undefined): SampledEvent => ({ layout, plan: undefined, refusal });
    if (attribute.type !== EVENT_TYPE.tracepoint) return refused(undefined);
    const format = this.#formats.get(attribute.config);
    if (format === undefined) return refused(REASON.noFormat);
    const plan = planColumns(format, this.#strings);
    if (plan === 'unused') return refused(undefined);
    if (plan === 'unfit') return refused(REASON.unfit);
    const isWhole = layout.time >= 0 && layout.tid >= 0 && layout.hasRaw;
    if (!isWhole) return refused(REASON.incomplete);
    return { layout, plan: new SamplePlan(plan), refusal: undefined };
  }
}
