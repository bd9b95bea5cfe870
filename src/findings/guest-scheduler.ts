import { countOf, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

/** Kernel threads that issue requests on behalf of others. */
const WORKER = /^kworker\//;

/** Whether a thread of this name is one. */
export const isWorker = (comm: string): boolean => WORKER.test(comm);

export const guestScheduler = defineFinding({
  id: 'guest-scheduler',
  severity: 'warning',
  title: 'A kernel worker issues the requests, not the task that asked',
  about:
    'With an I/O scheduler (mq-deadline is the default of a single-queue virtio-blk disk) a request may be handed to a kernel worker, which costs a wake-up and a context switch in the guest before the driver sees it. A fast drive needs no scheduler.',
  find(input) {
    const { app, followed, path } = input.correlated;
    const issues = followed.rows.get(path.anchors.issue)!;
    const { tid, tasks } = app.table;
    const kworkers = new Set([...tasks].filter(([, { comm }]) => isWorker(comm)).map(([own]) => own));
    if (kworkers.size === 0) return undefined;
    const workers = countOf(input, (request) => kworkers.has(tid[issues[request]!]!));
    if (workers === 0 || workers * 2 < input.breakdown.matched.length) return undefined;
    return {
      evidence: `${ofRequests(input, workers)} were issued by a kworker`,
      gain: gainOfStages(input, [path.app === 'guest' ? 'guest-submit' : 'host-submit']),
      confidence: 'high',
      fix: 'echo none > /sys/block/DEV/queue/scheduler, on the machine the application runs on',
    };
  },
});
