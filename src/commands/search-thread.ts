/** What the thread of `search-ahead.ts` runs: the searches in one recording, or slice of one, after the other. */
import { parentPort } from 'node:worker_threads';
import { eventTable } from '../trace/event-table.ts';
import { knowIndex } from '../trace/occurrences.ts';
import { giveWay } from './give-way.ts';
import { type Found, NAMES, PROGRESS, SEARCHES, type Searched, type ToSearch } from './search-ahead.ts';

giveWay();
parentPort!.on('message', (given: ToSearch) => {
  const { state, port, isLast, indexes } = given;
  // Made anew where all tables are made: what comes by a message has a shape of its own each time.
  const machines = new Map(
    [...given.machines].map(([name, { table, trouble }]) => [
      name,
      { table: eventTable(table, table), trouble },
    ]),
  );
  const job = { machines, facts: given.facts, ofClocks: given.ofClocks };
  for (const [machine, { table }] of machines) knowIndex(table, indexes.get(machine)!);
  for (const [at, name] of NAMES.entries()) {
    if (Atomics.compareExchange(state, at, 0, PROGRESS.begun) !== 0) continue;
    port.postMessage({ name, result: search(name, job) } satisfies Found);
    Atomics.store(state, at, PROGRESS.over);
    Atomics.notify(state, at);
  }
  port.close();
  if (isLast) parentPort!.close();
});

function search(name: keyof typeof SEARCHES, job: Searched): unknown {
  try {
    return SEARCHES[name](job);
  } catch {
    return undefined;
  }
}
