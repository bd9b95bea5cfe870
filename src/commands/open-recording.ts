/** Opens a bundle for analysis: every stream in its table, ground truth and facts beside. Touches no machine. */
import { basename, resolve } from 'node:path';
import type { Bundle } from '../bundle/read-bundle.ts';
import { openBundleOrRecover } from '../bundle/recover-bundle.ts';
import { unwrittenBundle } from '../bundle/unwritten-bundle.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { IO_PATHS, pathByName } from '../paths/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { GroundTruth, Recording, Source } from '../trace/recording.ts';
import type { Beside } from './begin-following.ts';
import { bundledTruth } from './bundled-truth.ts';
import { planImport, type RawFiles } from './plan-import.ts';
import { ProgressBar } from './progress-bar.ts';
import { beginStreams } from './read-streams.ts';
import { truthUnknown } from './read-truth.ts';
import type { Say } from './say.ts';

/** A bundle's content, read. */
export interface OpenedRecording {
  readonly recording: Recording;
  readonly title: string;
  /** The path the user or the bundle names; undefined = to be detected. */
  readonly path: IoPath | undefined;
}

/** A bundle that is open; its streams have not been read. */
export interface OpenBundle extends Pick<OpenedRecording, 'title' | 'path'> {
  readonly bundle: Bundle;
  /** What the application itself measured, read when it is first asked for; problems of it are said then. */
  groundTruth(): Promise<GroundTruth | undefined>;
  /** Bytes of all streams that were read so far. */
  readonly bar: ProgressBar;
}

/** Reads a whole bundle. Throws an IotraceError; what is missing of a cut bundle is said. */
export async function openRecording(
  file: string,
  path: string | undefined,
  say: Say,
): Promise<OpenedRecording> {
  return withBundle(file, path, say, readWhole);
}

/** Opens a bundle, hands it over, closes it. As openRecording for errors. */
export async function withBundle<Result>(
  file: string,
  path: string | undefined,
  say: Say,
  use: (open: OpenBundle) => Promise<Result>,
): Promise<Result> {
  const bundle = await openBundleOrRecover(file);
  for (const part of bundle.lost)
    say(
      `${quoted(file)} was cut: ${quoted(part.name)} has ${part.keptBytes} of ${part.expectedBytes ?? '?'} bytes`,
    );
  return withOpen(bundle, path, say, use);
}

/** The same of raw files, without writing a bundle of them. */
export async function withRawFiles<Result>(
  files: RawFiles,
  path: string | undefined,
  say: Say,
  use: (open: OpenBundle) => Promise<Result>,
): Promise<Result> {
  const [name = ''] = [files.folder, ...files.guest, ...files.host].filter((file) => file !== undefined);
  const plan = await planImport(files, basename(resolve(name)), say);
  return withOpen(await unwrittenBundle(plan), path, say, (open) => {
    const groundTruth = async () => {
      const truth = await open.groundTruth();
      if (plan.groundTruth !== undefined && truth === undefined) throw truthUnknown(plan.groundTruth.name);
      return truth;
    };
    return use({ ...open, groundTruth });
  });
}

async function withOpen<Result>(
  bundle: Bundle,
  path: string | undefined,
  say: Say,
  use: (open: OpenBundle) => Promise<Result>,
): Promise<Result> {
  try {
    const { title, path: noted, streams } = bundle.manifest;
    const given = givenPath(path ?? noted);
    let truth: Promise<GroundTruth | undefined> | undefined;
    const groundTruth = () => {
      truth ??= bundledTruth(bundle, say);
      return truth;
    };
    const bar = new ProgressBar(
      process.stderr,
      streams.reduce((sum, stream) => sum + stream.bytes, 0),
    );
    try {
      return await use({ bundle, title, path: given, groundTruth, bar });
    } finally {
      bar.clear();
    }
  } finally {
    await bundle.close();
  }
}

/**
 * Every stream of the bundle in its table, ground truth and facts beside. `onGuest` is given the guest's streams, and what stands beside
 * them, when the host's may still be being read.
 */
export async function readWhole(
  { bundle, bar, groundTruth, title, path }: OpenBundle,
  onGuest: (guest: readonly Source[], beside: Beside) => void = () => undefined,
): Promise<OpenedRecording> {
  const { facts, streams } = bundle.manifest;
  const abort = new AbortController();
  try {
    const { others } = await beginStreams(bundle, bar, abort.signal);
    const beside = { facts, groundTruth: await groundTruth() };
    const reads = await others();
    const guest = reads.filter((_, index) => streams[index]!.machine === 'guest');
    if (guest.length > 0 && guest.length < reads.length) onGuest(await Promise.all(guest), beside);
    return { recording: { ...beside, sources: await Promise.all(reads) }, title, path };
  } catch (error) {
    abort.abort(error);
    throw error;
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
