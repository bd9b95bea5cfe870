import { UNKNOWN_CPU } from '../trace/units.ts';
import { cpusAt } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { queuesOfDisk } from './qemu-settings.ts';

/** Share of the requests that must not come from the busiest vCPU. */
const LEAST_SHARE = 0.1;

export const singleQueue = defineFinding({
  id: 'single-queue',
  severity: 'info',
  title: 'Several vCPUs share one virtqueue',
  about:
    'With one queue all vCPUs take the same lock, and the completion interrupts one of them: a request of another is completed by a cross-CPU call. QEMU 5.2 and later give a disk a queue per vCPU unless num-queues is set.',
  find(input) {
    const { correlated, breakdown } = input;
    if (correlated.path.app !== 'guest' || queuesOfDisk(input) !== 1) return undefined;
    const cpus = cpusAt(input, 'guest:issue');
    const counts = new Map<number, number>();
    for (const request of breakdown.matched) {
      const own = cpus[request]!;
      if (own !== UNKNOWN_CPU) counts.set(own, (counts.get(own) ?? 0) + 1);
    }
    const known = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const others = known - Math.max(0, ...counts.values());
    if (counts.size < 2 || others < breakdown.matched.length * LEAST_SHARE) return undefined;
    return {
      evidence: `num-queues=1, and ${counts.size} vCPUs issued requests (${[...counts].map(([own, n]) => `vCPU ${own}: ${n}`).join(', ')})`,
      gain: null,
      confidence: 'high',
      fix: `num-queues=${counts.size} or more on the virtio-blk device (leave it out for one per vCPU); in the domain XML queues= on the disk’s <driver>`,
    };
  },
});
