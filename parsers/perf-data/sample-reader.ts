import { BATCH_ROWS, FARTHEST_NS, type RowBatch } from '../row-batch.ts';
import { FORM, numberAt } from './column-source.ts';
import type { EventIds } from './event-ids.ts';
import { HEADER_BYTES, RECORD } from './record-types.ts';
import { MAX_TID, NO_CPU, NO_TID } from './row-limits.ts';
import { rawPlace, type SampleLayout } from './sample-layout.ts';
import { MADE, UNFILLED } from './sample-plan.ts';
import type { SampledEvents } from './sampled-events.ts';
import type { TaskNames } from './task-names.ts';

/** Why a sample cannot be used. */
const REASON = {
  short: 'sample is shorter than its event says',
  value: 'field of a tracepoint has an impossible value',
} as const;

/** Turns samples into rows. */
export class SampleReader {
  /** Samples read, those that are refused included. */
  count = 0;
  /** Samples of events that iotrace has no use for. */
  unused = 0;
  /** Why the sample that `read` stopped before cannot be used. */
  refusal: string | undefined;
  readonly #batch: RowBatch;
  readonly #events: SampledEvents;
  readonly #ids: EventIds;
  readonly #tasks: TaskNames;

  constructor(batch: RowBatch, events: SampledEvents, ids: EventIds, tasks: TaskNames) {
    this.#batch = batch;
    this.#events = events;
    this.#ids = ids;
    this.#tasks = tasks;
  }

  /**
   * Reads the samples from `from` on that lie whole in the first `limit` bytes of a view. Returns where the first record begins that is
   * none, or cannot be used: `refusal` then says why. One loop without an object per sample, as recordings have millions of them.
   */
  read(view: DataView, from: number, limit: number): number {
    const batch = this.#batch;
    const { ts, kind, cpu: cpus, tid: tids, dev: devs, tag: tags, aux: auxs } = batch.columns;
    this.refusal = undefined;
    let at = from;
    while (at + HEADER_BYTES <= limit && view.getUint32(at, true) === RECORD.sample) {
      const end = at + view.getUint16(at + 6, true);
      if (end < at + HEADER_BYTES || end > limit) break;
      this.count++;
      const { plan, layout, refusal } = this.#events.of(view, at, end);
      if (plan === undefined) {
        if (refusal !== undefined) return this.#refuse(refusal, at);
        this.unused++;
        at = end;
        continue;
      }
      const place = layout.isFixed ? at + layout.variable : rawPlace(layout, view, at, end);
      if (place < 0 || place + 4 > end) return this.#refuse(REASON.short, at);
      const size = view.getUint32(place, true);
      const raw = place + 4;
      if (size < plan.needs || raw + size > end) return this.#refuse(REASON.short, at);
      const cpu = layout.cpu < 0 ? this.#openedOn(view, at, layout) : view.getUint32(at + layout.cpu, true);
      const tid = view.getUint32(at + layout.tid + 4, true);
      const { dev, tag, aux } = plan;
      // Written out for each: a function for all would be compiled late, and make an object of each number. `dev` is mostly of one form.
      const devValue =
        dev.form === UNFILLED
          ? 0
          : dev.form === FORM.u32
            ? view.getUint32(raw + dev.offset, true)
            : dev.form === MADE
              ? dev.made(view, raw, size)
              : numberAt(view, dev.form, raw + dev.offset);
      const tagValue =
        tag.form === UNFILLED
          ? Number.NaN
          : tag.form === MADE
            ? tag.made(view, raw, size)
            : numberAt(view, tag.form, raw + tag.offset);
      const auxValue =
        aux.form === UNFILLED
          ? 0
          : aux.form === MADE
            ? aux.made(view, raw, size)
            : numberAt(view, aux.form, raw + aux.offset);
      if (cpu > NO_CPU || (tid > MAX_TID && tid !== NO_TID)) return this.#refuse(REASON.value, at);
      if (devValue >>> 0 !== devValue || (auxValue | 0) !== auxValue) return this.#refuse(REASON.value, at);
      if (Math.abs(tagValue) > Number.MAX_SAFE_INTEGER) return this.#refuse(REASON.value, at);
      this.#tasks.see(tid, view.getUint32(at + layout.tid, true));
      const low = view.getUint32(at + layout.time, true);
      const high = view.getUint32(at + layout.time + 4, true);
      let time = (high - batch.high) * 2 ** 32 + (low - batch.low);
      if (!(time < FARTHEST_NS && time > -FARTHEST_NS)) {
        batch.beginAt(high, low);
        time = 0;
      } else if (batch.rows === BATCH_ROWS) batch.handOver();
      const row = batch.rows++;
      ts[row] = time;
      kind[row] = plan.kind;
      cpus[row] = cpu;
      tids[row] = tid;
      devs[row] = devValue;
      tags[row] = tagValue;
      auxs[row] = auxValue;
      at = end;
    }
    return at;
  }

  #refuse(reason: string, at: number): number {
    this.refusal = reason;
    return at;
  }

  /** The CPU of a sample that does not carry it: the one its event was opened on. */
  #openedOn(view: DataView, at: number, layout: SampleLayout): number {
    const cpu = layout.id < 0 ? -1 : this.#ids.cpuOf(readId(view, at + layout.id));
    return cpu < 0 ? NO_CPU : cpu;
  }
}

function readId(view: DataView, at: number): number {
  if (at < 0 || at + 8 > view.byteLength) return -1;
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
