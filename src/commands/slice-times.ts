/** Times of slices, which count from where a machine's streams begin, on the time lines of followed requests. */
import type { Relation } from '../clocks/relation.ts';
import type { Correlated } from '../correlate/correlate.ts';
import type { OwnTime } from '../correlate/owned-part.ts';
import { tableFrom } from '../trace/columns.ts';
import { withoutRows } from '../trace/order.ts';
import type { Source } from '../trace/recording.ts';
import type { Slice, SlicedRecording } from './slice-recording.ts';

/** What relates the times of two machines' slices, learned from a slice that was followed. */
export class SliceTimes {
  readonly #relation: Relation;
  /** Zero of slice times on the time lines of the tables, ns. */
  readonly #lead: number;
  readonly #other: number;

  constructor(recording: SlicedRecording, { app, host, relation }: Correlated) {
    const zeroAt = (zero: bigint | undefined, epoch: bigint) =>
      zero === undefined ? 0 : Number(zero - epoch);
    this.#relation = relation;
    this.#lead = zeroAt(recording.zeroOf(recording.lead), app.table.epoch);
    this.#other = host === undefined ? 0 : zeroAt(recording.zeroOf('host'), host.table.epoch);
  }

  /** The other machine's slice time for one of the machine that leads. */
  otherOf(lead: number): number {
    if (!Number.isFinite(lead)) return lead;
    const at = lead + this.#lead;
    const { offsetAt } = this.#relation;
    // Clocks drift so little that the second guess is right to the ns.
    return at - offsetAt(at - offsetAt(at)) - this.#other;
  }

  /** A slice's own time on the application's time line. */
  ownTime({ from, to }: Slice): OwnTime {
    return { from: from + this.#lead, to: to + this.#lead };
  }
}

/**
 * The source with only the rows, and the losses before them, of the time from `from` on and before `to`: slice times of its machine, which
 * count from `epoch` in the source's unit.
 */
export function ownRows(source: Source, epoch: bigint, nsPerTick: number, { from, to }: OwnTime): Source {
  const { ts } = source.events;
  const others = new Uint8Array(ts.length);
  const scale = source.unit === 'ticks' ? nsPerTick : 1;
  markOthers(others, ts, Number(source.events.epoch - epoch), scale, { from, to });
  const isNone = !others.includes(0);
  const first = isNone ? ts.length : others.indexOf(0);
  const behind = isNone ? ts.length : others.lastIndexOf(0) + 1;
  const part = tableFrom(source.events, first, behind);
  // Where rows are out of order, others' are among them.
  const among = others.subarray(first, behind);
  const isMixed = among.includes(1);
  const ownBefore = (row: number) =>
    isMixed ? row - among.subarray(0, row).reduce((sum, other) => sum + other, 0) : row;
  const events = isMixed ? withoutRows(part, among) : part;
  return {
    ...source,
    events,
    records: events.length,
    losses: source.losses
      .filter(({ row }) => (row < ts.length ? others[row] === 0 : to === Number.POSITIVE_INFINITY))
      .map((loss) => ({ ...loss, row: ownBefore(loss.row - first) })),
  };
}

/** Marks rows that do not lie in a stretch of slice times. */
function markOthers(
  others: Uint8Array,
  ts: Float64Array,
  shift: number,
  scale: number,
  { from, to }: OwnTime,
): void {
  for (let row = 0; row < ts.length; row++) {
    const time = (ts[row]! + shift) * scale;
    others[row] = time >= from && time < to ? 0 : 1;
  }
}
