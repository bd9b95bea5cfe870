/**
 * Some of many requests, in stretches from all over a recording: enough to relate the clocks well enough for a search among
 * all of them, which then relates them with every message there is.
 */
import type { Scene } from './scene.ts';

/** Requests that follow each other stay together: what a window holds of its neighbours is part of what is learned. */
const STRETCH = 256;
const STRETCHES = 128;
/** With fewer requests than this a sample saves nothing worth having. */
const LEAST_REQUESTS = 2 * STRETCHES * STRETCH;

/** The same scene with some of its requests; the first and the last of all are among them. */
export function sampleOf<Base extends Omit<Scene, 'host' | 'slackNs' | 'boundNs'>>(base: Base): Base {
  const { requests } = base;
  if (requests.length < LEAST_REQUESTS) return base;
  const at = new Int32Array(STRETCHES * STRETCH);
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const first = Math.floor((stretch * (requests.length - STRETCH)) / (STRETCHES - 1));
    for (let next = 0; next < STRETCH; next++) at[stretch * STRETCH + next] = first + next;
  }
  const some = (column: Int32Array) => at.map((request) => column[request]!);
  const bytes = (column: Uint8Array) => Uint8Array.from(at, (request) => column[request]!);
  const alone = bytes(base.alone);
  return {
    ...base,
    requests: {
      ...requests,
      length: at.length,
      submit: some(requests.submit),
      issue: some(requests.issue),
      complete: some(requests.complete),
      return: some(requests.return),
      reject: bytes(requests.reject),
    },
    hostIssue: some(base.hostIssue),
    hostComplete: some(base.hostComplete),
    servedBy: Float64Array.from(at, (request) => base.servedBy[request]!),
    stretch: STRETCH,
    alone,
    shared: requestsNot(alone),
  };
}

/** Requests that are marked 0. */
export function requestsNot(marked: Uint8Array): Int32Array {
  const others = new Int32Array(marked.reduce((sum, mark) => sum + (mark === 1 ? 0 : 1), 0));
  let next = 0;
  for (let request = 0; request < marked.length; request++)
    if (marked[request] !== 1) others[next++] = request;
  return others;
}
