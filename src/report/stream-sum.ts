/** A stream that was looked at slice by slice, as a whole. */
import { widestPairs } from '../trace/file-order.ts';
import { type CheckedSource, duplicatesOf, missingOf } from '../trace/integrity.ts';
import type { Source, SourceLoss } from '../trace/recording.ts';
import { type StreamTrust, streamTrust } from './stream-trust.ts';

/** What the whole stream came to, with what its tracer counted. */
export type StreamWhole = Pick<Source, 'records' | 'unused' | 'claimed' | 'overwritten' | 'rejects'>;

/** Takes the slices of one stream, each with only the rows that are its own, and sums them up. */
export class StreamSum {
  #slices: StreamTrust[] = [];
  #losses: SourceLoss[] = [];

  /** The next slice; its rows are not kept. */
  add(checked: CheckedSource): void {
    this.#slices.push(streamTrust(checked));
    for (const loss of checked.source.losses) this.#losses.push(loss);
  }

  /** Losses that the slices name. */
  get losses(): readonly SourceLoss[] {
    return this.#losses;
  }

  /** The stream as if it had been read at once. At least one slice was added. */
  whole({ records, unused, claimed, overwritten, rejects }: StreamWhole): StreamTrust {
    const [first] = this.#slices;
    const sum = (of: (slice: StreamTrust) => number) =>
      this.#slices.reduce((total, slice) => total + of(slice), 0);
    const counts = { ...first!.source, records, unused, claimed, overwritten };
    const holds = (what: keyof StreamTrust['holds']) => this.#slices.some((slice) => slice.holds[what]);
    return {
      source: { ...counts, rejects, losses: this.#losses },
      integrity: {
        missing: missingOf(counts),
        duplicates: duplicatesOf(
          counts,
          sum(({ integrity }) => integrity.duplicates),
        ),
        outOfOrder: sum(({ integrity }) => integrity.outOfOrder),
        skewed: widestPairs(this.#slices.flatMap(({ integrity }) => integrity.skewed)),
      },
      events: sum(({ events }) => events),
      holds: {
        guestExits: holds('guestExits'),
        completions: holds('completions'),
        idleTask: holds('idleTask'),
      },
    };
  }
}
