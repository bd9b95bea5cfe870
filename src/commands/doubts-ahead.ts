/**
 * The search for what is missing looks through all rows and is asked for its result late: another thread does it while
 * this one follows requests. Whoever comes first does it: nobody waits for a thread that has not begun.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { inPackage } from '../package-root.ts';
import { sharedTable } from '../trace/columns.ts';
import { type DoubtedTables, type FoundDoubts, searchDoubts } from '../trace/doubts.ts';

/** What a search's number becomes: it has begun, in the thread or here; it is over, in the thread. */
export const SEARCH = { begun: 1, over: 2 } as const;

/** What the thread is given: tables in memory that both see, the search's number, and where the result goes. */
export interface DoubtsToFind {
  readonly state: Int32Array;
  readonly machines: DoubtedTables<unknown>;
  readonly port: MessagePort;
}

/** What it finds; nothing when the search failed, which is then done again where that can be reported. */
export interface DoubtsFound {
  readonly doubts: ReadonlyMap<unknown, FoundDoubts> | undefined;
}

/** With fewer rows the search is done before a thread has started. */
const LEAST_ROWS = 1_000_000;
/** A thread whose memory ran out says nothing: after this long, milliseconds, the search is done here. */
const PATIENCE_MS = 60_000;
const BUILT_ENTRY = inPackage('dist/src/commands/doubts-thread.js');

/** The number of a search. Whoever changes it from 0 to SEARCH.begun does the search. */
const newState = () => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Begins the search where that is worth it; leaves how to get its result, which is that of `searchDoubts`. `entry` is what
 * the thread runs.
 */
export function doubtsAhead<Machine>(
  machines: DoubtedTables<Machine>,
  { leastRows = LEAST_ROWS, state = newState(), entry = BUILT_ENTRY } = {},
): () => ReadonlyMap<Machine, FoundDoubts> {
  const searchHere = () => searchDoubts(machines);
  const rows = [...machines.values()].reduce((sum, { table }) => sum + table.length, 0);
  if (rows < leastRows || availableParallelism() < 2) return searchHere;
  const { port1: own, port2: port } = new MessageChannel();
  const shared = new Map(
    [...machines].map(([machine, { table, trouble }]) => [machine, { table: sharedTable(table), trouble }]),
  );
  const worker = new Worker(entry, {
    execArgv: [],
    workerData: { state, machines: shared, port } satisfies DoubtsToFind,
    transferList: [port],
  });
  // One that does not start leaves the search to whoever wants its result; none keeps the program from ending.
  worker.on('error', () => undefined);
  worker.unref();
  return () => {
    const found = Atomics.compareExchange(state, 0, 0, SEARCH.begun) === 0 ? undefined : wait(state, own);
    own.close();
    return (found as ReadonlyMap<Machine, FoundDoubts> | undefined) ?? searchHere();
  };
}

/** What the thread found; undefined when its search failed, or does not end. */
function wait(state: Int32Array, port: MessagePort): DoubtsFound['doubts'] {
  if (Atomics.wait(state, 0, SEARCH.begun, PATIENCE_MS) === 'timed-out') return undefined;
  return (receiveMessageOnPort(port)?.message as DoubtsFound | undefined)?.doubts;
}
