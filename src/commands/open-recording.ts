/** Opens a bundle for analysis: every stream in its table, ground truth and facts beside. Touches no machine. */
import { basename, resolve } from 'node:path';
import type { ClockId } from '../../parsers/format.ts';
import type { Bundle } from '../bundle/read-bundle.ts';
import { openBundleOrRecover } from '../bundle/recover-bundle.ts';
import { unwrittenBundle } from '../bundle/unwritten-bundle.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { IO_PATHS, pathByName } from '../paths/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { GroundTruth, Recording, Source, TracerCount } from '../trace/recording.ts';
import { planImport, type RawFiles } from './plan-import.ts';
import { ProgressBar } from './progress-bar.ts';
import { readSource } from './read-source.ts';
import { allBytes, MAX_TRUTH_BYTES, readTruth, sayProblems, truthUnknown } from './read-truth.ts';
import { ReadingThreads } from './reading-threads.ts';
import type { Say } from './say.ts';
import { chooseFormat } from './stream-format.ts';

/** A bundle's content, read. */
export interface OpenedRecording {
  readonly recording: Recording;
  readonly title: string;
  /** The path the user or the bundle names; undefined = to be detected. */
  readonly path: IoPath | undefined;
}

/** Reads a whole bundle. Throws an IotraceError; what is missing of a cut bundle is said. */
export async function openRecording(
  file: string,
  path: string | undefined,
  say: Say,
): Promise<OpenedRecording> {
  const bundle = await openBundleOrRecover(file);
  for (const part of bundle.lost)
    say(
      `${quoted(file)} was cut: ${quoted(part.name)} has ${part.keptBytes} of ${part.expectedBytes ?? '?'} bytes`,
    );
  return readWhole(bundle, path, say);
}

/** The same of raw files, without writing a bundle of them. */
export async function openRawFiles(
  files: RawFiles,
  path: string | undefined,
  say: Say,
): Promise<OpenedRecording> {
  const [name = ''] = [files.folder, ...files.guest, ...files.host].filter((file) => file !== undefined);
  const plan = await planImport(files, basename(resolve(name)), say);
  const opened = await readWhole(await unwrittenBundle(plan), path, say);
  if (plan.groundTruth !== undefined && opened.recording.groundTruth === undefined)
    throw truthUnknown(plan.groundTruth.name);
  return opened;
}

async function readWhole(bundle: Bundle, path: string | undefined, say: Say): Promise<OpenedRecording> {
  try {
    const given = givenPath(path ?? bundle.manifest.path);
    const bytes = bundle.manifest.streams.reduce((sum, stream) => sum + stream.bytes, 0);
    const bar = new ProgressBar(process.stderr, bytes);
    try {
      const recording = await readRecording(bundle, bar, say);
      return { recording, title: bundle.manifest.title, path: given };
    } finally {
      bar.clear();
    }
  } finally {
    await bundle.close();
  }
}

function givenPath(name: string | undefined): IoPath | undefined {
  if (name === undefined) return undefined;
  const path = pathByName(name);
  if (path === undefined)
    throw new IotraceError('path-unknown', `No I/O path is named ${quoted(name)}.`, {
      hint: `One of: ${IO_PATHS.map((each) => each.name).join(', ')}.`,
      exitCode: EXIT_CODES.usage,
    });
  return path;
}

/** Every stream of the bundle in its table, ground truth and facts beside. */
async function readRecording({ manifest, member }: Bundle, bar: ProgressBar, say: Say): Promise<Recording> {
  const sources = await readStreams({ manifest, member }, bar);
  let groundTruth: GroundTruth | undefined;
  if (manifest.groundTruth !== null) {
    const bytes = await allBytes(member(manifest.groundTruth.member), MAX_TRUTH_BYTES);
    const read = bytes === undefined ? undefined : readTruth(manifest.groundTruth.name, bytes);
    groundTruth = read?.truth;
    sayProblems(manifest.groundTruth.name, read?.problems ?? [], say);
    const { latencies } = manifest.groundTruth;
    if (latencies !== undefined && groundTruth?.kind === 'fio')
      groundTruth = await withLatencies(groundTruth, latencies.name, member(latencies.member), say);
  }
  return { sources, groundTruth, facts: manifest.facts };
}

/** fio's JSON with what its log says of single requests; as it was where that cannot be used. */
async function withLatencies(
  truth: GroundTruth,
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  say: Say,
): Promise<GroundTruth> {
  const bytes = await allBytes(chunks, MAX_TRUTH_BYTES);
  const log = bytes === undefined ? undefined : readTruth(name, bytes);
  sayProblems(name, log?.problems ?? [], say);
  const latenciesNs = log?.truth?.kind === 'latency-log' ? log.truth.latenciesNs : undefined;
  if (latenciesNs !== undefined) return { ...truth, latenciesNs };
  say(`${quoted(name)} is no log of single latencies of fio: only means are compared`);
  return truth;
}

/** One stream after the other; large ones by several threads. */
async function readStreams({ manifest, member }: Pick<Bundle, 'manifest' | 'member'>, bar: ProgressBar) {
  const sources: Source[] = [];
  const threads = ReadingThreads.isWorthIt ? new ReadingThreads() : undefined;
  try {
    for (const stream of manifest.streams) {
      const { name, machine } = stream;
      const format = chooseFormat(name, await headOf(member(stream.member)), stream.script);
      const bytes = bar.watch(member(stream.member));
      const source = await readSource(name, machine, format, bytes, stream.bytes, threads);
      sources.push(withCount(onClock(source, stream.clock), manifest.facts.tracerCounts));
    }
  } finally {
    await threads?.close();
  }
  return sources;
}

/** What the stream does not say of its clock itself, who recorded it may have noted. */
function onClock(source: Source, clock: ClockId | undefined): Source {
  return source.clock === 'unknown' && clock !== undefined ? { ...source, clock } : source;
}

/** What the tracer counted becomes what the stream claims to hold; losses it marked in place are not counted twice. */
function withCount(source: Source, counts: readonly TracerCount[] | undefined): Source {
  const count = counts?.find(({ stream }) => stream === source.name);
  if (count === undefined) return source;
  const marked = source.losses.reduce((sum, loss) => sum + (loss.count ?? 0), 0);
  return {
    ...source,
    claimed: count.delivered ?? source.claimed,
    overwritten: Math.max(0, count.lost - marked),
  };
}

const HEAD_BYTES = 65_536;

/** How a member begins: its first 64 KiB. */
export async function headOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD_BYTES);
}
