import type { Format, ParseReport } from '../../parsers/format.ts';
import { type BuiltTable, EventTableBuilder } from '../trace/event-table-builder.ts';
import type { Growing } from '../trace/growing-index.ts';
import type { MachineName, Source } from '../trace/recording.ts';
import { RoundSink } from '../trace/round-sink.ts';
import type { SteppedSource } from './file-source.ts';
import { type BlockThreads, readInBlocks } from './read-in-blocks.ts';
import { SourceFeed } from './source-feed.ts';

/** No format spends less on an event: a line of text begins with more columns, a binary record is about as long. */
const LEAST_BYTES_AN_EVENT = 48;
/** Below this one thread is done before others have started and warmed up. */
const LEAST_BYTES_FOR_THREADS = 64 * 2 ** 20;

/** Reads one stream into a table, as `readStream` does. */
export async function readSource(
  name: string,
  machine: MachineName,
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
  bytes = 0,
): Promise<Source> {
  return sourceOf(name, machine, format, await readStream(format, chunks, bytes));
}

/** What a format made of a stream. */
export interface ReadStream extends BuiltTable {
  readonly report: ParseReport;
}

/**
 * Reads one stream into a table. What the stream holds never makes this throw; only reading it can. `bytes` is its
 * length where that is known beforehand: memory is then laid out once. `threads` read large text beside this one; the table
 * is the same.
 */
export async function readStream(
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
  bytes = 0,
  threads?: BlockThreads | undefined,
): Promise<ReadStream> {
  const builder = new EventTableBuilder(bytes / LEAST_BYTES_AN_EVENT);
  const rounds = format.parseFile === undefined ? undefined : new RoundSink(builder);
  const report =
    rounds === undefined
      ? await readRows(format, chunks, builder, bytes, threads)
      : await format.parse(chunks, rounds);
  rounds?.finish();
  return { report, ...builder.build() };
}

/**
 * Reads a source from its beginning, for a format with `parseFile`, and closes it; `onStep` hears how many more bytes were read, and what
 * the table has grown to. Rejects with what the source throws.
 */
export async function readSteps(
  source: SteppedSource,
  format: Format,
  onStep: (bytes: number, table: Growing) => void = () => undefined,
): Promise<ReadStream> {
  const builder = new EventTableBuilder(source.length / LEAST_BYTES_AN_EVENT);
  const feed = new SourceFeed(source, format, builder, (bytes) => onStep(bytes, builder));
  try {
    while (feed.report === undefined) {
      await feed.more();
      if (feed.failure !== undefined) throw feed.failure.error;
    }
    return { report: feed.report, ...builder.build() };
  } finally {
    await feed.close();
  }
}

/** A stream of a machine, as the analysis takes it. */
export function sourceOf(
  name: string,
  machine: MachineName,
  format: Format,
  { report, events, rejects, losses }: ReadStream,
): Source {
  return {
    name,
    machine,
    format: report.format ?? format.name,
    clock: report.clock,
    unit: report.unit,
    roundingNs: report.roundingNs,
    events,
    records: report.records,
    unused: report.unused,
    claimed: report.claimed,
    overwritten: report.overwritten,
    rejects,
    losses,
  };
}

/** Reads one stream of `bytes` bytes into a builder; by `threads` where there are any, it is large, and its format lets them. */
export function readRows(
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
  builder: EventTableBuilder,
  bytes: number,
  threads: BlockThreads | undefined,
): Promise<ParseReport> {
  const { blocks } = format;
  return threads === undefined || blocks === undefined || bytes < LEAST_BYTES_FOR_THREADS
    ? format.parse(chunks, builder)
    : readInBlocks(blocks, chunks, builder, threads);
}
