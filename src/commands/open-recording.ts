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
import { anyPlaceOf } from './any-place.ts';
import { bundledTruth } from './bundled-truth.ts';
import { readingError } from './open-input.ts';
import { planImport, type RawFiles } from './plan-import.ts';
import { ProgressBar } from './progress-bar.ts';
import { readFileAside } from './read-file-aside.ts';
import { readSource, readSteps, sourceOf } from './read-source.ts';
import { truthUnknown } from './read-truth.ts';
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

/** A bundle that is open: what stands beside its streams has been read. */
export interface OpenBundle extends Pick<OpenedRecording, 'title' | 'path'> {
  readonly bundle: Bundle;
  readonly groundTruth: GroundTruth | undefined;
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
    if (plan.groundTruth !== undefined && open.groundTruth === undefined)
      throw truthUnknown(plan.groundTruth.name);
    return use(open);
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
    const groundTruth = await bundledTruth(bundle, say);
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

/** Every stream of the bundle in its table, ground truth and facts beside. */
export async function readWhole({
  bundle,
  bar,
  groundTruth,
  title,
  path,
}: OpenBundle): Promise<OpenedRecording> {
  const sources = await readStreams(bundle, bar);
  return { recording: { sources, groundTruth, facts: bundle.manifest.facts }, title, path };
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

/** A smaller stream is rather held than unpacked twice. */
const LEAST_BYTES_FOR_PASSES = 256 * 2 ** 20;

/** Text one stream after the other, large ones by several threads; files that have to be read at any place beside them. */
async function readStreams(bundle: Pick<Bundle, 'manifest' | 'member' | 'fileOf'>, bar: ProgressBar) {
  const { manifest, member } = bundle;
  const heads = await Promise.all(manifest.streams.map((stream) => headOf(member(stream.member))));
  const formats = manifest.streams.map(({ name, script }, index) =>
    chooseFormat(name, heads[index]!, script),
  );
  const aside = manifest.streams.map((stream, index) => {
    const [file, format] = [bundle.fileOf?.(stream.member), formats[index]!];
    if (file === undefined || format.parseFile === undefined) return undefined;
    const read = readFileAside(file, format, stream.bytes, (more) => bar.advance(more)).catch(
      (cause: unknown) => {
        throw readingError(file, cause);
      },
    );
    // A failure is met when the stream's turn comes, which may be never.
    read.catch(() => undefined);
    return read;
  });
  const sources: Source[] = [];
  const threads = ReadingThreads.isWorthIt ? new ReadingThreads() : undefined;
  try {
    for (const [index, stream] of manifest.streams.entries()) {
      if (aside[index] !== undefined) continue;
      const { name, machine, bytes } = stream;
      const format = formats[index]!;
      const open =
        bytes < LEAST_BYTES_FOR_PASSES
          ? undefined
          : await anyPlaceOf(bundle, stream, format, heads[index]!, bar);
      sources[index] =
        open === undefined
          ? await readSource(name, machine, format, bar.watch(member(stream.member)), bytes, threads)
          : sourceOf(name, machine, format, await readSteps(open(), format, (more) => bar.advance(more)));
    }
  } finally {
    await threads?.close();
  }
  for (const [index, { name, machine }] of manifest.streams.entries()) {
    const read = await aside[index];
    if (read !== undefined) sources[index] = sourceOf(name, machine, formats[index]!, read);
  }
  return sources.map((source, index) =>
    withCount(onClock(source, manifest.streams[index]!.clock), manifest.facts.tracerCounts),
  );
}

/** What the stream does not say of its clock itself, who recorded it may have noted. */
function onClock(source: Source, clock: ClockId | undefined): Source {
  return source.clock === 'unknown' && clock !== undefined ? { ...source, clock } : source;
}

/** What the tracer counted becomes what the stream claims to hold; losses it marked in place are not counted twice. */
export function withCount<Counted extends Pick<Source, 'name' | 'losses' | 'claimed' | 'overwritten'>>(
  source: Counted,
  counts: readonly TracerCount[] | undefined,
): Counted {
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
