import { ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';

export const mainLoop = defineFinding({
  id: 'main-loop',
  severity: 'warning',
  title: 'QEMU’s main loop serves the disk',
  about:
    'Without an IOThread the disk shares the main loop, and the big QEMU lock, with every other device, timer and the monitor. An IOThread of its own can also poll, which removes both wake-ups.',
  find(input) {
    const { correlated, breakdown } = input;
    if (correlated.path.name !== 'virtio-blk-main-loop') return undefined;
    return {
      evidence: `${ofRequests(input, breakdown.matched.length)} were issued by QEMU’s main thread (tid ${[...correlated.backend].join(',')})`,
      gain: gainOfStages(input, ['iothread-wakeup', 'iothread-complete-wakeup']),
      confidence: 'high',
      fix: '-object iothread,id=io0 and iothread=io0 on the virtio-blk device; in the domain XML <iothreads> and iothread= on the <driver>',
    };
  },
});
