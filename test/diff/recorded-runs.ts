/** Samples as sides of a comparison, and what can be done to them. */
import { readdirSync } from 'node:fs';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { RequestTable } from '../../src/correlate/request-table.ts';
import type { RecordedRun } from '../../src/diff/recorded-run.ts';
import { type RequestTimes, requestTimes } from '../../src/diff/request-times.ts';

const SAMPLES = new URL('../../samples/', import.meta.url);
/** Runs of one load after each other on a machine that others used as well: see its README. */
const RUNS = new URL('../fixtures/same-load/', import.meta.url);

const bundlesOf = (folder: URL) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.iotrace.zip'))
    .toSorted()
    .map((file) => ({ name: file.replace('.iotrace.zip', ''), file: new URL(file, folder).pathname }));

export const sampleBundles = () => bundlesOf(SAMPLES);
export const sameLoadBundles = () => bundlesOf(RUNS);

/** A run, and its requests as they were followed. */
export interface FollowedRun extends RecordedRun {
  readonly requests: RequestTable;
}

export async function followedRun({ name, file }: { name: string; file: string }): Promise<FollowedRun> {
  const { recording, title, path } = await openRecording(file, undefined, () => {});
  const how = { version: '0', title, path };
  const followed = followRecording(recording, how);
  if ('failure' in followed) throw new Error(followed.failure);
  const { requests } = followed.correlated;
  return {
    name,
    requests,
    model: reportOf(recording, followed, how),
    times: requestTimes(followed.correlated),
  };
}

/** The same run with one stage longer by `ns` in every request that passes it, and all points after it later. */
export function delayed(run: FollowedRun, stage: string, ns: number): RecordedRun {
  const { requests } = run;
  const offsets = new Map([...requests.offsets].map(([point, column]) => [point, column.slice()]));
  const total = requests.total.slice();
  for (let request = 0; request < requests.length; request++) {
    const variant = requests.variants[requests.variant[request]!];
    const at = variant?.stages.indexOf(stage) ?? -1;
    if (variant === undefined || at < 0) continue;
    for (const point of variant.points.slice(at + 1)) offsets.get(point)![request]! += ns;
    total[request]! += ns;
  }
  return { ...run, times: requestTimes({ requests: { ...requests, offsets, total } }) };
}

/** The requests at these places, in their order. */
export function picked<Run extends RecordedRun>(run: Run, places: readonly number[]): Run {
  return { ...run, times: timesAt(run.times, places) };
}

export function timesAt(
  { total, sectors, bytes, stages }: RequestTimes,
  places: readonly number[],
): RequestTimes {
  const of = (column: Int32Array) => Int32Array.from(places, (at) => column[at]!);
  const numbers = (column: Float64Array) => Float64Array.from(places, (at) => column[at]!);
  return {
    total: of(total),
    sectors: numbers(sectors),
    bytes: numbers(bytes),
    stages: new Map([...stages].map(([id, column]) => [id, of(column)])),
  };
}
