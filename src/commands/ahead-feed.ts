import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { ParseReport } from '../../parsers/format.ts';
import { asIotraceError, type Bundle } from '../bundle/read-bundle.ts';
import { IotraceError } from '../errors.ts';
import type { BlockTaker } from '../trace/block-table.ts';
import {
  AheadWorker,
  LEAST_BYTES_AHEAD,
  type ReadAhead,
  ROOMS,
  type RoomAhead,
  type StreamToFeed,
  takeAhead,
} from './ahead-worker.ts';
import { readingError } from './open-input.ts';
import type { StreamFeed } from './stream-feed.ts';

/** A stream that a thread of its own reads ahead, while this one is at work on what it has read before. */
export class AheadFeed implements StreamFeed {
  report: ParseReport | undefined;
  failure: { readonly error: unknown } | undefined;
  readonly #worker: AheadWorker;
  readonly #taker: BlockTaker;
  readonly #onBytes: (bytes: number) => void;
  /** Ids of the taker for the thread's strings. */
  readonly #ids = [0];
  readonly #said: ReadAhead[] = [];
  #onNews: () => void = () => undefined;
  #told = 0;

  /** Begins to read, or goes on with what `worker` has begun. `onBytes` hears how many more bytes were read. */
  constructor(
    stream: StreamToFeed,
    room: RoomAhead,
    taker: BlockTaker,
    onBytes: (bytes: number) => void = () => undefined,
    worker = new AheadWorker(stream, room),
  ) {
    this.#taker = taker;
    this.#onBytes = onBytes;
    this.#worker = worker;
    worker.listen(
      (said) => {
        this.#said.push(said);
        this.#onNews();
      },
      (cause) => {
        this.failure ??= { error: errorOf(stream.from, cause) };
        this.#onNews();
      },
    );
  }

  async more(): Promise<void> {
    // Signals are heard, and what the thread says, before and between two rooms.
    await setImmediate();
    while (this.#said.length === 0 && this.failure === undefined)
      await new Promise<void>((news) => {
        this.#onNews = news;
      });
    const said = this.#said.shift();
    if (said === undefined) return;
    if ('report' in said) this.report = said.report;
    else this.#take(said);
  }

  #take({ room, bytes, epoch, extras }: Exclude<ReadAhead, { report: ParseReport }>): void {
    this.#taker.addBlock(this.#worker.columns[room]!, extras, 1, this.#ids, epoch);
    for (const [tid, comm, tgid] of extras.tasks) this.#taker.task(tid, comm, tgid);
    this.#worker.letGo();
    this.#onBytes(bytes - this.#told);
    this.#told = bytes;
  }

  async close(): Promise<void> {
    this.failure ??= { error: new Error('closed') };
    this.#onNews();
    await this.#worker.end();
  }
}

/** What the thread threw, of which only the fields have come here. */
function errorOf(from: StreamToFeed['from'], cause: Error): unknown {
  if (typeof from === 'string') return readingError(from, cause);
  const { code, hint } = cause as Partial<IotraceError>;
  return cause.name === 'IotraceError'
    ? new IotraceError(code!, cause.message, { hint, cause })
    : asIotraceError(from.path, cause);
}

const LEAST_ROOMS = 2;

/**
 * What begins to read a stream ahead, `onBytes` heard as above: a plain file or a member of a zip that is large, and one of the largest, as
 * many as there are CPUs. Undefined for others.
 */
export function aheadOf(
  { manifest, fileOf, packedOf }: Pick<Bundle, 'manifest' | 'fileOf' | 'packedOf'>,
  { name, member, bytes, script }: Bundle['manifest']['streams'][number],
  known: Pick<StreamToFeed, 'head' | 'ends'>,
  onBytes: (bytes: number) => void,
  cpus = availableParallelism(),
): ((taker: BlockTaker) => AheadFeed) | undefined {
  const { streams } = manifest;
  const from = fileOf?.(member) ?? packedOf?.(member);
  const isOfLargest = streams.filter((each) => each.bytes > bytes).length < cpus;
  if (from === undefined || cpus < 2 || bytes < LEAST_BYTES_AHEAD || !isOfLargest) return undefined;
  const all = streams.reduce((sum, each) => sum + each.bytes, 0);
  const rooms = Math.max(LEAST_ROOMS, Math.round((ROOMS * bytes) / all));
  const begun = typeof from === 'string' ? takeAhead(from) : undefined;
  return (taker) => new AheadFeed({ name, from, script, ...known }, { rooms }, taker, onBytes, begun);
}
