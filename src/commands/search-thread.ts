/** What the thread of `search-ahead.ts` runs: the searches in one recording, or slice of one, after the other. */
import { parentPort } from 'node:worker_threads';
import { knowIndex } from '../trace/occurrences.ts';
import { type Found, NAMES, PROGRESS, SEARCHES, type ToSearch } from './search-ahead.ts';

parentPort!.on('message', (job: ToSearch) => {
  const { state, port, isLast, machines, indexes } = job;
  for (const [machine, { table }] of machines) {
    const index = indexes.get(machine);
    if (index !== undefined) knowIndex(table, index);
  }
  for (const [at, name] of NAMES.entries()) {
    if (Atomics.compareExchange(state, at, 0, PROGRESS.begun) !== 0) continue;
    port.postMessage({ name, result: search(name, job) } satisfies Found);
    Atomics.store(state, at, PROGRESS.over);
    Atomics.notify(state, at);
  }
  port.close();
  if (isLast) parentPort!.close();
});

function search(name: keyof typeof SEARCHES, job: ToSearch): unknown {
  try {
    return SEARCHES[name](job);
  } catch {
    return undefined;
  }
}
