import { NO_ROW } from '../trace/units.ts';
import { countOf, hostSide, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

export const aioThreads = defineFinding({
  id: 'aio-threads',
  severity: 'warning',
  title: 'QEMU’s thread pool submits the requests (aio=threads)',
  about:
    'Each request is handed to a worker thread, which is woken, blocks in preadv or pwritev, and wakes the event loop again: two wake-ups more than linux-aio or io_uring. aio=threads is the default; linux-aio needs cache.direct=on.',
  find(input) {
    const table = hostSide(input)?.table;
    const rows = input.correlated.followed.rows.get('host:issue');
    if (input.correlated.path.app !== 'guest' || table === undefined || rows === undefined) return undefined;
    const threads = new Set([...table.tasks].filter(([, { comm }]) => comm === 'worker').map(([tid]) => tid));
    if (threads.size === 0) return undefined;
    const workers = countOf(input, (request) => {
      const row = rows[request]!;
      return row !== NO_ROW && threads.has(table.tid[row]!);
    });
    if (workers * 2 < input.breakdown.matched.length || workers === 0) return undefined;
    return {
      evidence: `${ofRequests(input, workers)} were issued on the host by a thread named worker`,
      gain: gainOfStages(input, ['qemu-block', 'host-submit', 'complete-notify', 'iothread-complete-wakeup']),
      confidence: 'high',
      fix: "aio=io_uring, or aio=native with cache.direct=on; in the domain XML io='io_uring' or io='native' cache='none' on the <driver>",
    };
  },
});
