/**
 * Which requests an application cannot have made that asks for one size in one direction: its program and libraries are read from
 * the disk too when they are not in memory yet, by the same task.
 */
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { FioFacts, GroundTruth } from '../trace/recording.ts';

/** What an application asked for, all of it. */
export interface AskedFor {
  readonly requests: number;
  readonly bytes: number;
  readonly direction: 'read' | 'write';
}

/** Share of the application's requests that must have its size: else they are split or merged, and size tells nothing. */
const LEAST_WHOLE = 0.9;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** What fio asked for; undefined when it asked for several sizes, in both directions, or does not say. */
export function askedForBy(truth: GroundTruth | undefined): AskedFor | undefined {
  const { fio, requests = 0 } = truth ?? {};
  const bytes = fio === undefined ? undefined : bytesOf(fio);
  if (fio === undefined || bytes === undefined || fio.direction === 'mixed') return undefined;
  return { requests, bytes, direction: fio.direction };
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

/** Whether a request is none of the application's; never where its requests are split or merged on the way to the disk. */
export function notAskedFor(
  bytes: Float64Array,
  direction: Uint8Array,
  asked: AskedFor | undefined,
): (request: number) => boolean {
  if (asked === undefined) return () => false;
  const fits = (request: number) =>
    bytes[request] === asked.bytes && direction[request] === DIRECTION[asked.direction];
  let whole = 0;
  for (let request = 0; request < bytes.length; request++) if (fits(request)) whole++;
  return whole < asked.requests * LEAST_WHOLE ? () => false : (request) => !fits(request);
}
