/**
 * Some of many requests, in stretches from all over a recording: enough to relate the clocks well enough for a search among
 * all of them, which then relates them with every message there is.
 */
import { pick } from '../trace/occurrences.ts';
import { placesOf } from '../trace/places.ts';
import type { Base } from './scene.ts';

/** What a sample is taken of: with fewer requests than twice those of a sample it would save nothing worth having. */
export interface Sampling {
  /** Requests that follow each other stay together: what a window holds of its neighbours is part of what is learned. */
  readonly stretch: number;
  readonly stretches: number;
}

/** How large a sample has to be. */
export const SAMPLING = {
  /** Where nothing but the requests' sectors or their rhythm relates the clocks. */
  ofUnknown: { stretch: 256, stretches: 32 },
  /** Where the slice before did: what it left open only has to be narrowed. */
  ofKnown: { stretch: 128, stretches: 16 },
} as const satisfies Record<string, Sampling>;

/** The same scene with some of its requests; the first and the last of all are among them. */
export function sampleOf(base: Base, { stretch: length, stretches }: Sampling): Base {
  const { requests } = base;
  if (requests.length < 2 * stretches * length) return base;
  const at = new Int32Array(stretches * length);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const first = Math.floor((stretch * (requests.length - length)) / (stretches - 1));
    for (let next = 0; next < length; next++) at[stretch * length + next] = first + next;
  }
  const some = (column: Int32Array) => pickRows(column, at);
  const alone = pickBytes(base.alone, at);
  return {
    ...base,
    requests: {
      length: at.length,
      device: requests.device,
      submit: some(requests.submit),
      queue: some(requests.queue),
      getrq: some(requests.getrq),
      insert: some(requests.insert),
      issue: some(requests.issue),
      complete: some(requests.complete),
      return: some(requests.return),
      reject: pickBytes(requests.reject, at),
      strays: requests.strays,
    },
    hostIssue: some(base.hostIssue),
    hostComplete: some(base.hostComplete),
    servedBy: pick(base.servedBy, at),
    stretch: length,
    alone,
    shared: placesOf(alone, 0),
  };
}

function pickRows(column: Int32Array, at: Int32Array): Int32Array {
  const rows = new Int32Array(at.length);
  for (let next = 0; next < at.length; next++) rows[next] = column[at[next]!]!;
  return rows;
}

function pickBytes(column: Uint8Array, at: Int32Array): Uint8Array {
  const bytes = new Uint8Array(at.length);
  for (let next = 0; next < at.length; next++) bytes[next] = column[at[next]!]!;
  return bytes;
}
