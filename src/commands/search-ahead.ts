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
import { type LaidOut, rowsByKind } from '../trace/occurrences.ts';
import type { MachineName } from '../trace/recording.ts';

/** What the thread is given for each: tables in memory that both see, each search's number in `state`, and where results go. */
export interface ToSearch {
  readonly state: Int32Array;
  readonly machines: DoubtedTables<MachineName>;
  /** Their rows by kind. */
  readonly indexes: ReadonlyMap<MachineName, readonly LaidOut[]>;
  readonly facts: ThreadFacts;
  /** Machines of which the clocks are searched; undefined: all. */
  readonly ofClocks: ReadonlySet<MachineName> | undefined;
  readonly port: MessagePort;
  /** Nothing comes behind it. */
  readonly isLast: boolean;
}

/** What a search looks at. */
export type Searched = Pick<ToSearch, 'machines' | 'facts' | 'ofClocks'>;

/** The searches in their order, which is the order of their numbers. */
export const SEARCHES = {
  clocks: ({ machines, facts, ofClocks }: Searched): SearchedMachines =>
    searchMachines(machines, facts, ofClocks),
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

/** What was begun with some of a recording's machines. */
export interface AheadClocks {
  readonly machines: ReadonlySet<MachineName>;
  clocks(): SearchedMachines;
}

/** How to get the results. */
export interface Ahead {
  /** Of fewer machines, or none, where that was not searched for: who asks can do with less than all of it. */
  clocks(): SearchedMachines;
  doubts(): ReadonlyMap<MachineName, FoundDoubts>;
  /** Another thread is not yet through with them. */
  isSearching(): boolean;
}

/** What a search makes goes with it: more room for that would only be filled. */
const YOUNG_MB = 8;
/** With fewer rows the searches are done before a thread has started. */
const LEAST_ROWS = 1_000_000;
/** A thread whose memory ran out says nothing: after this long, milliseconds, the search is done here. */
const PATIENCE_MS = 60_000;
const BUILT_ENTRY = inPackage('dist/bin/search-thread.js');

/** Numbers of the searches. Whoever changes one from 0 to PROGRESS.begun does that search. */
export const newState = () =>
  new Int32Array(new SharedArrayBuffer(NAMES.length * Int32Array.BYTES_PER_ELEMENT));

/** Where the searches are worth it, what the thread runs, and whether it stays for more tables to come. */
const DEFAULTS = {
  leastRows: LEAST_ROWS,
  state: undefined as Int32Array | undefined,
  entry: BUILT_ENTRY,
  cpus: availableParallelism(),
  stays: false,
  known: undefined as AheadClocks | undefined,
};

/** Begins the searches where that is worth it; `known`: what was begun before with some of the machines. */
export function searchAhead(
  machines: DoubtedTables<MachineName>,
  facts: ThreadFacts,
  options: Partial<typeof DEFAULTS> = {},
): Ahead {
  const { known, ...how } = { ...DEFAULTS, ...options };
  const searchHere = () => searchDoubts(machines);
  const before = () => known?.clocks() ?? new Map();
  if (!isWorthIt(machines, how)) return { clocks: before, doubts: searchHere, isSearching: () => false };
  const others = new Set([...machines.keys()].filter((machine) => !known?.machines.has(machine)));
  const results = begin({ machines, facts, ofClocks: others }, how);
  return {
    clocks: () => new Map([...before(), ...(results.take('clocks') ?? [])]),
    doubts: () => results.take('doubts') ?? searchHere(),
    isSearching: () => !results.areOver,
  };
}

/** Begins with the clocks of machines beside which others are still to come; undefined where that is not worth it. */
export function searchClocksAhead(
  machines: DoubtedTables<MachineName>,
  facts: ThreadFacts,
  options: Partial<typeof DEFAULTS> = {},
): AheadClocks | undefined {
  const how = { ...DEFAULTS, ...options };
  if (!isWorthIt(machines, how)) return undefined;
  const state = how.state ?? newState();
  state[NAMES.indexOf('doubts')] = PROGRESS.begun;
  const results = begin({ machines, facts, ofClocks: undefined }, { ...how, state, stays: true });
  let found: SearchedMachines | undefined;
  return {
    machines: new Set(machines.keys()),
    clocks: () => {
      found ??= results.take('clocks') ?? new Map();
      return found;
    },
  };
}

function isWorthIt(
  machines: DoubtedTables<MachineName>,
  { leastRows, cpus }: Pick<typeof DEFAULTS, 'leastRows' | 'cpus'>,
): boolean {
  const rows = [...machines.values()].reduce((sum, { table }) => sum + table.length, 0);
  return rows >= leastRows && cpus >= 2;
}

function begin(
  { machines, ...searched }: Searched,
  { state = newState(), entry, stays }: Pick<typeof DEFAULTS, 'state' | 'entry' | 'stays'>,
): Results {
  const { port1: own, port2: port } = new MessageChannel();
  const shared = new Map(
    [...machines].map(([machine, { table, trouble }]) => [machine, { table: sharedTable(table), trouble }]),
  );
  const indexes = new Map([...machines].map(([machine, { table }]) => [machine, rowsByKind(table)]));
  const job: ToSearch = { ...searched, state, machines: shared, indexes, port, isLast: !stays };
  threadOf(entry).postMessage(job, [port]);
  if (!stays) threads.delete(entry.href);
  own.unref();
  return new Results(state, own);
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

  /** The thread is through. */
  get areOver(): boolean {
    return NAMES.every((_, at) => Atomics.load(this.#state, at) === PROGRESS.over);
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
