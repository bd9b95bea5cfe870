import { defineFinding } from './finding.ts';

export const mainLoop = defineFinding({
  id: 'main-loop',
  severity: 'warning',
  title: 'QEMU’s main loop serves the disk',
  about:
    'Without an IOThread the disk shares the main loop, and the big QEMU lock, with every other device, timer and the monitor. An IOThread of its own can also poll.',
  find({ correlated, breakdown }) {
    if (correlated.path.name !== 'virtio-blk-main-loop') return undefined;
    return {
      evidence: `all of ${breakdown.matched.length} requests were issued by QEMU’s main thread (tid ${[...correlated.backend].join(',')})`,
      fix: '-object iothread,id=io0 and iothread=io0 on the virtio-blk device; in the domain XML <iothreads> and iothread= on the <driver>',
    };
  },
});
