/**
 * Which requests an application cannot have made that asks for one size in one direction: its program and libraries are read from
 * the disk too when they are not in memory yet, by the same task.
 */
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { FioFacts, GroundTruth } from '../trace/recording.ts';

/** What an application asked for, all of it. */
export interface AskedFor {
  /** Undefined where only a part of them was recorded. */
  readonly requests: number | undefined;
  readonly bytes: number;
  readonly direction: 'read' | 'write';
}

/** Of a request that no call handed over. */
export const NOBODY = -1;

/** Share of the application's requests that must have its size: else they are split or merged, and size tells nothing. */
const LEAST_WHOLE = 0.9;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** What fio asked for; `isPart`: only a part of the recording is looked at. Undefined when it asked for several sizes, in both directions, or does not say. */
export function askedForBy(truth: GroundTruth | undefined, isPart = false): AskedFor | undefined {
  const { fio, requests = 0 } = truth ?? {};
  const bytes = fio === undefined ? undefined : bytesOf(fio);
  if (fio === undefined || bytes === undefined || fio.direction === 'mixed') return undefined;
  return { requests: isPart ? undefined : requests, bytes, direction: fio.direction };
}

/** One size: `4k`, `4096`, `4KiB`, `4k,4k,4k`. */
function bytesOf({ blockSize = '' }: FioFacts): number | undefined {
  const sizes = new Set(
    blockSize.split(',').map((size) => {
      const parts = /^(\d{1,12})([kmg]?)(?:i?b)?$/i.exec(size.trim());
      return parts === null ? undefined : Number(parts[1]) * UNITS[parts[2]!.toLowerCase()]!;
    }),
  );
  return sizes.size === 1 ? [...sizes][0] : undefined;
}

const OF_OTHER_SIZE = 'of another size or direction than fio’s own';
const WITHOUT_CALL = 'handed over by no call, where all of fio’s own were';
const OF_OTHER_TASK = 'of another task: without its own there are just as many as fio made';

/**
 * Why a request is none of the application's, undefined where it may be one of them; never where its requests are split or merged on
 * the way to the disk. `callers`: per request the task whose call handed it over, NOBODY where none did. Where calls handed over just
 * as many as fio made, what none did is a page of a program that was read when it was touched, or a file system's own; where they did
 * but for the tasks with the fewest, those are others: fio's own that starts its jobs, reading a file.
 */
export function notAskedFor(
  bytes: Float64Array,
  direction: Uint8Array,
  callers: Float64Array,
  asked: AskedFor | undefined,
): (request: number) => string | undefined {
  if (asked === undefined) return ofNobodyElse;
  const fits = (request: number) =>
    bytes[request] === asked.bytes && direction[request] === DIRECTION[asked.direction];
  const own = [...bytes.keys()].filter(fits);
  if (own.length < (asked.requests ?? bytes.length) * LEAST_WHOLE) return ofNobodyElse;
  const counts = new Map<number, number>();
  for (const request of own) counts.set(callers[request]!, (counts.get(callers[request]!) ?? 0) + 1);
  counts.delete(NOBODY);
  const others = asked.requests === undefined ? undefined : tasksBeside(asked.requests, counts);
  return (request) => {
    if (!fits(request)) return OF_OTHER_SIZE;
    // A call that is missing may have been lost, unless nothing is missing.
    if (others === undefined) return undefined;
    if (callers[request] === NOBODY) return WITHOUT_CALL;
    return others.has(callers[request]!) ? OF_OTHER_TASK : undefined;
  };
}

const ofNobodyElse = () => undefined;

/** The tasks with the fewest requests without which there are just as many as were made; undefined where that does not come out even. */
function tasksBeside(made: number, counts: ReadonlyMap<number, number>): ReadonlySet<number> | undefined {
  let spare = [...counts.values()].reduce((sum, count) => sum + count, 0) - made;
  const others = new Set<number>();
  for (const [task, count] of [...counts].sort(([, a], [, b]) => a - b)) {
    if (count > spare) break;
    others.add(task);
    spare -= count;
  }
  return spare === 0 ? others : undefined;
}
