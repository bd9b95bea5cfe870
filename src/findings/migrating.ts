import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import { hostSide, ofRequests } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfOthers } from './gain.ts';

/** Below this share of the requests a move is the scheduler’s right. */
const LEAST_SHARE = 0.02;

const THREADS: readonly { name: string; points: readonly PointId[] }[] = [
  { name: 'vCPU', points: ['kvm:exit', 'kvm:entry'] },
  { name: 'back-end thread', points: ['backend:submit', 'backend:block', 'backend:push', 'kvm:irqfd'] },
];

export const migrating = defineFinding({
  id: 'not-pinned',
  severity: 'info',
  title: 'A thread of the request moves between CPUs',
  about:
    'A thread that moves leaves its caches behind, and on several nodes its memory. The scheduler moves threads that nothing pins. Counted between neighbouring requests of the same thread at the same point; a vCPU that moves while the guest is busy elsewhere may not matter.',
  find(input) {
    // An assigned device has no thread of the host behind it.
    const assigned = input.correlated.path.name.startsWith('vfio-');
    const threads = THREADS.filter(({ name }) => !assigned || name === 'vCPU').map(({ name, points }) => ({
      name,
      moved: movesAt(input, points),
    }));
    const all = input.breakdown.matched.length;
    const restless = threads.filter(({ moved }) => moved.size > 1 && moved.size >= all * LEAST_SHARE);
    if (restless.length === 0) return undefined;
    const moved = new Set(restless.flatMap((thread) => [...thread.moved]));
    return {
      evidence: restless
        .map((thread) => `the ${thread.name} had changed CPU in ${ofRequests(input, thread.moved.size)}`)
        .join('; '),
      gain: gainOfOthers(
        input,
        (request) => moved.has(request),
        'requests after a move against those without',
      ),
      confidence: 'medium',
      fix: 'taskset -p -c CPU TID for each thread, or <vcpupin> and <iothreadpin> in the domain XML',
    };
  },
});

/** Requests at which a thread was seen on another CPU than at the request before, at the first of the points that is known. */
function movesAt(input: FindingInput, points: readonly PointId[]): Set<number> {
  const { followed } = input.correlated;
  const table = hostSide(input)?.table;
  const point = points.find((each) => followed.rows.get(each)?.some((row) => row !== NO_ROW));
  const moved = new Set<number>();
  if (table === undefined || point === undefined) return moved;
  const rows = followed.rows.get(point)!;
  const last = new Map<number, number>();
  for (const request of input.breakdown.matched) {
    const row = rows[request]!;
    if (row === NO_ROW) continue;
    const cpu = last.get(table.tid[row]!);
    if (cpu !== undefined && cpu !== table.cpu[row]) moved.add(request);
    last.set(table.tid[row]!, table.cpu[row]!);
  }
  return moved;
}
