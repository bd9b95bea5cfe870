/** Of an application's log of single requests the lines that can be of one slice of the recording. */
import type { ApplicationMatch } from '../correlate/application.ts';
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import { firstNotBefore } from '../trace/occurrences.ts';
import { isAscending } from '../trace/order.ts';
import type { GroundTruth } from '../trace/recording.ts';

type Log = NonNullable<GroundTruth['log']>;

/** Lines from `first` on. */
export interface LogPart {
  readonly log: Log;
  readonly first: number;
}

/** Far more than a line's begin can lie from what is recorded of its request, ns. */
const MARGIN_NS = 1e9;

/** The log; its lines' times less those of the recording, where a request is known that a line is of. */
export class SlicedLog {
  readonly #log: Log;
  /** Lines in order of their begin; else none can be left out. */
  readonly #isInOrder: boolean;
  #distanceNs: number | undefined;

  constructor(log: Log) {
    this.#log = log;
    this.#isInOrder = isAscending(log.startNs);
  }

  /** Learns from followed requests how far the log's times are from theirs. `first` is the number of the match's first line. */
  learn({ start, status, length }: RequestTable, match: ApplicationMatch, first: number): void {
    for (let request = 0; request < length; request++) {
      const line = match.entry[request]!;
      if (line === -1 || status[request] !== STATUS.matched) continue;
      this.#distanceNs = this.#log.startNs[first + line]! - start[request]!;
      return;
    }
  }

  /** The lines that begin from about `from` until about `to`, on the application's time line, ns; all where nothing is known. */
  part(from: number, to: number): LogPart {
    const distance = this.#distanceNs;
    if (distance === undefined || !this.#isInOrder) return { log: this.#log, first: 0 };
    const { startNs } = this.#log;
    const first = firstNotBefore(startNs, from + distance - MARGIN_NS);
    const behind = firstNotBefore(startNs, to + distance + MARGIN_NS);
    const part = (column: Float64Array) => column.subarray(first, behind);
    const { sector, endNs, startTsc, endTsc, ...epochs } = this.#log;
    return {
      log: {
        ...epochs,
        sector: part(sector),
        startNs: part(startNs),
        endNs: part(endNs),
        startTsc: part(startTsc),
        endTsc: part(endTsc),
      },
      first,
    };
  }
}
