/** What the thread of `doubts-ahead.ts` runs. */
import { workerData } from 'node:worker_threads';
import { searchDoubts } from '../trace/doubts.ts';
import { type DoubtsFound, type DoubtsToFind, SEARCH } from './doubts-ahead.ts';

const { state, machines, port } = workerData as DoubtsToFind;
if (Atomics.compareExchange(state, 0, 0, SEARCH.begun) === 0) {
  port.postMessage(search());
  Atomics.store(state, 0, SEARCH.over);
  Atomics.notify(state, 0);
}

function search(): DoubtsFound {
  try {
    return { doubts: searchDoubts(machines) };
  } catch {
    return { doubts: undefined };
  }
}
