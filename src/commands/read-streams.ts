/** Reads the streams of an open bundle into tables: files that have to be read at any place by threads of their own, the rest here. */
import type { ClockId } from '../../parsers/format.ts';
import type { Bundle } from '../bundle/read-bundle.ts';
import type { Source, TracerCount } from '../trace/recording.ts';
import { anyPlaceOf } from './any-place.ts';
import { readingError } from './open-input.ts';
import type { ProgressBar } from './progress-bar.ts';
import { readFileAside } from './read-file-aside.ts';
import { type ReadStream, readSteps, readStream, sourceOf } from './read-source.ts';
import { ReadingThreads } from './reading-threads.ts';
import { chooseFormat } from './stream-format.ts';

/** A smaller stream is rather held than unpacked twice. */
const LEAST_BYTES_FOR_PASSES = 256 * 2 ** 20;

/** Streams of which some are being read already. */
export interface BegunStreams {
  /** Reads the others, text one stream after the other, large ones by several threads. Leaves all, in their order, as soon as those are read. */
  others(): Promise<readonly Promise<Source>[]>;
}

/** Begins with the files that are read by threads of their own; those end when the signal is given. Rejects when reading fails. */
export async function beginStreams(
  bundle: Pick<Bundle, 'manifest' | 'member' | 'fileOf'>,
  bar: ProgressBar,
  signal: AbortSignal,
): Promise<BegunStreams> {
  const { manifest, member } = bundle;
  const { streams } = manifest;
  const heads = await Promise.all(streams.map((stream) => headOf(member(stream.member))));
  const formats = streams.map(({ name, script }, index) => chooseFormat(name, heads[index]!, script));
  const onBytes = (more: number) => bar.advance(more);
  const finished = (index: number, read: ReadStream) => {
    const { name, machine, clock } = streams[index]!;
    return withCount(
      onClock(sourceOf(name, machine, formats[index]!, read), clock),
      manifest.facts.tracerCounts,
    );
  };
  const aside = streams.map(({ member: name, bytes }, index) => {
    const [file, format] = [bundle.fileOf?.(name), formats[index]!];
    if (file === undefined || format.parseFile === undefined) return undefined;
    const read = readFileAside(file, format, bytes, onBytes, { signal })
      .catch((cause: unknown) => {
        throw readingError(file, cause);
      })
      .then((stream) => finished(index, stream));
    // A failure is met when the stream's turn comes, which may be never.
    read.catch(() => undefined);
    return read;
  });
  const readHere = async (index: number, threads: ReadingThreads | undefined) => {
    const stream = streams[index]!;
    const format = formats[index]!;
    const place =
      stream.bytes < LEAST_BYTES_FOR_PASSES
        ? undefined
        : await anyPlaceOf(bundle, stream, format, heads[index]!, bar);
    return place === undefined
      ? readStream(format, bar.watch(member(stream.member)), stream.bytes, threads)
      : readSteps(place.open(), format, onBytes);
  };
  return {
    async others() {
      const sources: Promise<Source>[] = [];
      const threads = ReadingThreads.isWorthIt ? new ReadingThreads() : undefined;
      try {
        for (const index of streams.keys())
          sources[index] = aside[index] ?? Promise.resolve(finished(index, await readHere(index, threads)));
      } finally {
        await threads?.close();
      }
      return sources;
    },
  };
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
