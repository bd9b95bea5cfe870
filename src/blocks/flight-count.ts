/**
 * How many requests were in flight, counted while they go by; as `inFlightBetween` (src/correlate) finds it of their times. Not where one
 * ends at the very time at which another begins that stood before it, nor of requests that never ended.
 */
import type { Depth } from '../correlate/in-flight.ts';
import { TIME } from './sector-slots.ts';

const [BUSY_FROM, BUSY_NS, IN_FLIGHT_NS, BEGUN] = [0, 1, 2, 3] as const;
const NOBODY = -1;

export type FlightCount = ReturnType<typeof flightCount>;

/** Nothing is in flight yet. */
export function flightCount(room: number, now: Float64Array) {
  /** 1 for requests that shared the disk with another. */
  const isShared = new Uint8Array(room);
  const sums = new Float64Array(4);
  sums[BEGUN] = Number.NaN;
  let flying = 0;
  let most = 0;
  let shared = 0;
  /** The only one in flight, of which it is not known yet that it shares the disk. */
  let single = NOBODY;
  let isExact = true;

  function begins(request: number): void {
    sums[BEGUN] = now[TIME]!;
    flying++;
    if (flying === 1) {
      sums[BUSY_FROM] = now[TIME]!;
      single = request;
    } else {
      if (single !== NOBODY) share(single);
      share(request);
      single = NOBODY;
    }
    if (flying > most) most = flying;
  }

  /** A request ends that took so long. */
  function ends(tookNs: number): void {
    flying--;
    sums[IN_FLIGHT_NS]! += tookNs;
    if (flying === 0) sums[BUSY_NS]! += now[TIME]! - sums[BUSY_FROM]!;
    else if (now[TIME] === sums[BEGUN]) isExact = false;
    single = NOBODY;
  }

  function share(request: number): void {
    isShared[request] = 1;
    shared++;
  }

  /** Which request ends when is not told. */
  function loses(): void {
    isExact = false;
  }

  /** How many were in flight, and which shared the disk; undefined where that is not exact. */
  function counted(): { depth: Depth; isShared: Uint8Array; shared: number } | undefined {
    if (!isExact || flying > 0) return undefined;
    return {
      depth: { most, inFlightNs: sums[IN_FLIGHT_NS]!, busyNs: sums[BUSY_NS]! },
      isShared,
      shared,
    };
  }

  return { begins, ends, loses, counted };
}
