/** What a session left → its bundle. The text goes in as the kernel printed it. */
import { type FactFile, readFactsFolder } from '../../parsers/facts/facts-folder.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import type { SessionResult } from '../capture/session.ts';
import type { RecordingFacts, TracingCostFact } from '../trace/recording.ts';
import { version } from '../version.ts';
import { openInput } from './open-input.ts';
import { readTruth } from './read-truth.ts';
import type { Say } from './say.ts';

/** Facts of small texts, of what tracing costs, of what the tracer counted, and of notes. */
export function factsOf(
  texts: readonly FactFile[],
  tracingCost: TracingCostFact | undefined,
  result: SessionResult,
  notes: readonly string[],
): RecordingFacts {
  const { facts } = readFactsFolder([...texts, ...(result.readings ?? [])]);
  return {
    ...facts,
    tracingCost,
    tracerCounts: result.streams
      .filter(({ counts }) => counts.delivered !== undefined || counts.lost > 0)
      .map(({ name, counts: { delivered, lost } }) => ({ stream: name, delivered, lost })),
    notes: [
      ...notes,
      ...result.notes,
      ...result.missing.map((name) => `not recorded, because it is not there: ${name}`),
      ...(result.lostElsewhere > 0
        ? [`${result.lostElsewhere} events were lost on CPUs of which nothing else arrived`]
        : []),
      ...(facts.notes ?? []),
    ],
  };
}

/** What the session itself does not know. */
export interface RecordingLabel {
  /** What the report calls the recording. */
  readonly title: string;
  /** What the workload printed may be ground truth. */
  readonly hasTruth: boolean;
  /** fio's latency log, where it wrote one. */
  readonly latencyLog?: string | undefined;
}

/** Writes the bundle; throws an IotraceError, and then leaves none. */
export async function writeRecording(
  output: string,
  { title, hasTruth, latencyLog }: RecordingLabel,
  result: SessionResult,
  facts: RecordingFacts,
  say: Say,
): Promise<void> {
  const truth = hasTruth ? Buffer.from(result.workload?.output ?? '') : undefined;
  const name = truth === undefined ? '' : truthName(truth, say);
  await writeBundle(output, {
    version: version(),
    title,
    streams: result.streams.map(({ name, machine, format, clock, file, bytes }) => ({
      name,
      machine,
      format,
      clock,
      bytes,
      open: () => chunksOf(file),
    })),
    groundTruth:
      name === ''
        ? undefined
        : {
            name,
            bytes: truth!.length,
            open: () => once(truth!),
            latencies:
              latencyLog === undefined || name !== 'fio.json'
                ? undefined
                : { name: 'fio_lat.1.log', open: () => chunksOf(latencyLog) },
          },
    facts,
  });
}

/** Name of the ground truth in the bundle, '' when what the workload printed is none. */
function truthName(bytes: Uint8Array, say: Say): string {
  const { truth } = readTruth('', bytes);
  if (truth?.kind === 'fio') return 'fio.json';
  if (truth?.kind === 'request-log') return 'requests.txt';
  if (truth?.kind === 'latency-log') return 'fio_lat.1.log';
  say(
    'the workload printed neither fio JSON nor a request log: there is nothing to hold the figures against',
  );
  return '';
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  yield* (await openInput(file)).chunks();
}
