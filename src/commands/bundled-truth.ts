/** What the application itself measured, as a bundle holds it. */
import type { Bundle } from '../bundle/read-bundle.ts';
import { quoted } from '../errors.ts';
import type { GroundTruth } from '../trace/recording.ts';
import { readTruthOf, sayProblems } from './read-truth.ts';
import type { Say } from './say.ts';

/** Undefined where the bundle holds none, or none that can be read; problems of it are said. */
export async function bundledTruth(
  { manifest, member }: Pick<Bundle, 'manifest' | 'member'>,
  say: Say,
): Promise<GroundTruth | undefined> {
  if (manifest.groundTruth === null) return undefined;
  const { name, latencies } = manifest.groundTruth;
  const read = await readTruthOf(name, member(manifest.groundTruth.member));
  sayProblems(name, read?.problems ?? [], say);
  if (latencies === undefined || read?.truth?.kind !== 'fio') return read?.truth;
  return withLatencies(read.truth, latencies.name, member(latencies.member), say);
}

/** fio's JSON with what its log says of single requests; as it was where that cannot be used. */
async function withLatencies(
  truth: GroundTruth,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  say: Say,
): Promise<GroundTruth> {
  const log = await readTruthOf(name, chunks);
  sayProblems(name, log?.problems ?? [], say);
  const latenciesNs = log?.truth?.kind === 'latency-log' ? log.truth.latenciesNs : undefined;
  if (latenciesNs !== undefined) return { ...truth, latenciesNs };
  say(`${quoted(name)} is no log of single latencies of fio: only means are compared`);
  return truth;
}
