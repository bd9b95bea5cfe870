/** Begins to read the streams of a recording that is followed in slices. */
import { availableParallelism } from 'node:os';
import { aheadOf } from './ahead-feed.ts';
import { anyPlaceOf } from './any-place.ts';
import type { OpenBundle } from './open-recording.ts';
import { headOf } from './read-streams.ts';
import { ReadingThreads } from './reading-threads.ts';
import { SlicedStream } from './sliced-stream.ts';
import { chooseFormat } from './stream-format.ts';

/** Threads of each stream: they are read beside each other, and each thread takes some 50 MB. */
const THREADS_EACH = availableParallelism() > 2 ? 2 : 1;
/** Of what they read at once: all of it is in memory beside the slice. */
const BLOCK_BYTES = 1 << 21;

/**
 * Begins with all streams, hands them over, and closes them. Threads read ahead from now on, as far as there is room. Rejects when reading
 * fails.
 */
export async function withSliced<Result>(
  open: OpenBundle,
  use: (streams: readonly SlicedStream[]) => Promise<Result>,
): Promise<Result> {
  const streams: SlicedStream[] = [];
  try {
    for (const stream of open.bundle.manifest.streams) streams.push(await begin(open, stream));
    return await use(streams);
  } finally {
    for (const stream of streams) await stream.close();
  }
}

async function begin(
  { bundle, bar }: OpenBundle,
  stream: OpenBundle['bundle']['manifest']['streams'][number],
): Promise<SlicedStream> {
  const { name, machine, member, script, bytes, clock } = stream;
  const head = await headOf(bundle.member(member));
  const format = chooseFormat(name, head, script);
  const onBytes = (read: number) => bar.advance(read);
  const place = await anyPlaceOf(bundle, stream, format, head, bar);
  return SlicedStream.open({
    ...{ name, machine, head, bytes, clock },
    format,
    ahead: aheadOf(bundle, stream, { head, ends: place?.ends }, onBytes),
    chunks: bar.watch(bundle.member(member)),
    source: place?.open,
    onBytes,
    threads: ReadingThreads.isWorthIt
      ? new ReadingThreads({ most: THREADS_EACH, blockBytes: BLOCK_BYTES })
      : undefined,
  });
}
