/**
 * Two searches look through all rows and need no request: for CPUs whose clocks are off, and for what is missing. Another
 * thread does them, one after the other, while this one follows requests. Whoever comes first to a search does it: nobody
 * waits for one that has not begun. The thread stays for the next slice of a recording: it is faster once it has warmed up. Where there
 * is none to come it ends, and gives its memory back.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type SearchedMachines, searchMachines } from '../correlate/clocks-by-messages.ts';
import type { ThreadFacts } from '../correlate/threads.ts';
import { inPackage } from '../package-root.ts';
import { sharedTable } from '../trace/columns.ts';
import { type DoubtedTables, type FoundDoubts, searchDoubts } from '../trace/doubts.ts';
import type { MachineName } from '../trace/recording.ts';

/** What the thread is given for each: tables in memory that both see, each search's number in `state`, and where results go. */
export interface ToSearch {
  readonly state: Int32Array;
  readonly machines: DoubtedTables<MachineName>;
  readonly facts: ThreadFacts;
  readonly port: MessagePort;
  /** Nothing comes behind it. */
  readonly isLast: boolean;
}

type Searched = Pick<ToSearch, 'machines' | 'facts'>;

/** The searches in their order, which is the order of their numbers. */
export const SEARCHES = {
  clocks: ({ machines, facts }: Searched): SearchedMachines => searchMachines(machines, facts),
  doubts: ({ machines }: Searched): ReadonlyMap<MachineName, FoundDoubts> => searchDoubts(machines),
};
type Search = keyof typeof SEARCHES;
type Result<Name extends Search> = ReturnType<(typeof SEARCHES)[Name]>;
export const NAMES = Object.keys(SEARCHES) as Search[];

/** What a search's number becomes: it has begun, in the thread or here; it is over, in the thread. */
export const PROGRESS = { begun: 1, over: 2 } as const;

/** What the thread finds; nothing when a search failed, which is then done again where that can be reported. */
export interface Found {
  readonly name: string;
  readonly result: unknown;
}

/** How to get the results. */
export interface Ahead {
  /** Undefined where that was not searched for: who asks can do with less than all of it. */
  clocks(): SearchedMachines | undefined;
  doubts(): ReadonlyMap<MachineName, FoundDoubts>;
}

/** What a search makes goes with it: more room for that would only be filled. */
const YOUNG_MB = 8;
/** With fewer rows the searches are done before a thread has started. */
const LEAST_ROWS = 1_000_000;
/** A thread whose memory ran out says nothing: after this long, milliseconds, the search is done here. */
const PATIENCE_MS = 60_000;
const BUILT_ENTRY = inPackage('dist/src/commands/search-thread.js');

/** Numbers of the searches. Whoever changes one from 0 to PROGRESS.begun does that search. */
export const newState = () =>
  new Int32Array(new SharedArrayBuffer(NAMES.length * Int32Array.BYTES_PER_ELEMENT));

/** Begins the searches where that is worth it. `entry` is what the thread runs; `stays`: for more tables to come. */
export function searchAhead(
  machines: DoubtedTables<MachineName>,
  facts: ThreadFacts,
  {
    leastRows = LEAST_ROWS,
    state = newState(),
    entry = BUILT_ENTRY,
    cpus = availableParallelism(),
    stays = false,
  } = {},
): Ahead {
  const searchHere = () => searchDoubts(machines);
  const rows = [...machines.values()].reduce((sum, { table }) => sum + table.length, 0);
  if (rows < leastRows || cpus < 2) return { clocks: () => undefined, doubts: searchHere };
  const { port1: own, port2: port } = new MessageChannel();
  const shared = new Map(
    [...machines].map(([machine, { table, trouble }]) => [machine, { table: sharedTable(table), trouble }]),
  );
  const job: ToSearch = { state, machines: shared, facts, port, isLast: !stays };
  threadOf(entry).postMessage(job, [port]);
  if (!stays) threads.delete(entry.href);
  own.unref();
  const results = new Results(state, own);
  return { clocks: () => results.take('clocks'), doubts: () => results.take('doubts') ?? searchHere() };
}

const threads = new Map<string, Worker>();

/** The thread that runs an entry, begun when it is first asked for. */
function threadOf(entry: URL): Worker {
  const known = threads.get(entry.href);
  if (known !== undefined) return known;
  const worker = new Worker(entry, { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  threads.set(entry.href, worker);
  // One that does not start leaves the searches to whoever wants their results; none keeps the program from ending.
  worker.on('error', () => threads.delete(entry.href));
  worker.unref();
  return worker;
}

/** Results of the thread, each waited for when it is asked for. */
class Results {
  readonly #state: Int32Array;
  readonly #port: MessagePort;
  readonly #found = new Map<string, unknown>();

  constructor(state: Int32Array, port: MessagePort) {
    this.#state = state;
    this.#port = port;
  }

  /** Undefined when the thread has not begun, when its search failed, or does not end. Asked for once. */
  take<Name extends Search>(name: Name): Result<Name> | undefined {
    const at = NAMES.indexOf(name);
    if (Atomics.compareExchange(this.#state, at, 0, PROGRESS.begun) === 0) return undefined;
    if (Atomics.wait(this.#state, at, PROGRESS.begun, PATIENCE_MS) === 'timed-out') return undefined;
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port))
      this.#found.set((next.message as Found).name, (next.message as Found).result);
    const result = this.#found.get(name);
    this.#found.delete(name);
    return result as Result<Name> | undefined;
  }
}
