/** What the thread of `search-ahead.ts` runs. */
import { workerData } from 'node:worker_threads';
import { type Found, NAMES, PROGRESS, SEARCHES, type ToSearch } from './search-ahead.ts';

const { state, machines, facts, port } = workerData as ToSearch;
for (const [at, name] of NAMES.entries()) {
  if (Atomics.compareExchange(state, at, 0, PROGRESS.begun) !== 0) continue;
  port.postMessage({ name, result: search(name) } satisfies Found);
  Atomics.store(state, at, PROGRESS.over);
  Atomics.notify(state, at);
}

function search(name: keyof typeof SEARCHES): unknown {
  try {
    return SEARCHES[name]({ machines, facts });
  } catch {
    return undefined;
  }
}
