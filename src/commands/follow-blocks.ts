/**
 * Reports a file of blktrace while it is read: of its events no table is made. What comes of it is what comes of following them as all
 * recordings are followed, sooner, and in less memory. Where that cannot be said it is followed so.
 */
import { blktrace } from '../../parsers/blktrace.ts';
import type { ParseReport } from '../../parsers/format.ts';
import { type BlockWalk, blockWalk } from '../blocks/block-walk.ts';
import { digestBlocks, type WalkedStream } from '../blocks/digest-blocks.ts';
import type { Bundle } from '../bundle/read-bundle.ts';
import { aheadOf } from './ahead-feed.ts';
import { type AnalyzeOptions, reportOfDigest } from './analyze.ts';
import type { ReportedRequests } from './follow-slices.ts';
import type { OpenBundle } from './open-recording.ts';
import { headOf } from './read-streams.ts';

/** A record of blktrace is no shorter, and a request has two at least. */
const LEAST_BYTES_A_REQUEST = 96;

/** The report of a recording that is one such file; undefined where it has to be followed. Rejects when reading fails. */
export async function followBlocks(
  { bundle, bar, path }: Pick<OpenBundle, 'bundle' | 'bar' | 'path'>,
  how: AnalyzeOptions,
): Promise<ReportedRequests | undefined> {
  const { streams, facts, groundTruth } = bundle.manifest;
  const [stream, ...others] = streams;
  if (stream?.format !== blktrace.name || stream.machine !== 'host' || others.length > 0) return undefined;
  const isAlone = groundTruth === null && Object.values(facts).every((fact) => fact === undefined);
  if (!isAlone || path !== undefined) return undefined;
  const walk = blockWalk(Math.ceil(stream.bytes / LEAST_BYTES_A_REQUEST));
  let bytes = 0;
  const report = await walkThrough(walk, bundle, stream, (read) => {
    bytes += read;
    bar.advance(read);
  });
  const walked = walk.finish();
  const digest =
    report === undefined ? { whyNot: walked.whyNot } : digestBlocks(walked, streamOf(stream, report));
  if ('whyNot' in digest) {
    bar.expect(bytes);
    return undefined;
  }
  return {
    model: reportOfDigest({ facts, groundTruth: undefined }, digest, how),
    requests: digest.requests,
    gaps: [],
  };
}

type ListedStream = Bundle['manifest']['streams'][number];

/** What is known of a stream when it has been read. */
function streamOf({ name, machine, clock }: ListedStream, report: ParseReport): WalkedStream {
  const { unit, roundingNs, records, unused, claimed, overwritten } = report;
  return {
    name,
    machine,
    format: blktrace.name,
    clock: report.clock === 'unknown' ? (clock ?? 'unknown') : report.clock,
    unit,
    roundingNs,
    records,
    unused,
    claimed,
    overwritten,
  };
}

/** Walks as far as that can be done: through events that a thread reads ahead where that is worth it. What the stream came to by then. */
async function walkThrough(
  walk: BlockWalk,
  bundle: Bundle,
  stream: ListedStream,
  onBytes: (bytes: number) => void,
): Promise<ParseReport | undefined> {
  const head = await headOf(bundle.member(stream.member));
  const feed = aheadOf(bundle, stream, { head, ends: undefined }, onBytes)?.(walk);
  if (feed === undefined)
    return blktrace.parse(whileWalked(bundle.member(stream.member), walk, onBytes), walk);
  try {
    while (feed.report === undefined && walk.canGoOn()) {
      await feed.more();
      if (feed.failure !== undefined) throw feed.failure.error;
    }
    return feed.report;
  } finally {
    await feed.close();
  }
}

/** Ends early where a walk cannot go on: all of it is read once more then. */
async function* whileWalked(
  chunks: AsyncIterable<Uint8Array>,
  walk: BlockWalk,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    const { length } = chunk;
    yield chunk;
    onBytes(length);
    if (!walk.canGoOn()) return;
  }
}
