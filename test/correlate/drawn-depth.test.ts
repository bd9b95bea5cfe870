import { describe, expect, it } from 'vitest';
import { drawDepth } from '../support/draw-depth.ts';
import { followDiagram } from '../support/follow-diagram.ts';
import { IOTHREAD_LANES } from '../support/iothread-lanes.ts';

describe.each([
  { depth: 8, batch: 1 },
  { depth: 8, batch: 3 },
  { depth: 32, batch: 8 },
  { depth: 32, batch: 32 },
])('$depth requests in flight, $batch in an interrupt, drawn', ({ depth, batch }) => {
  const drawn = drawDepth(IOTHREAD_LANES, { depth, batch });

  it.each([undefined, 'virtio-blk-iothread'])('are followed, each at its own times (path %s)', (path) => {
    const followed = followDiagram(drawn.diagram, path === undefined ? {} : { path });
    expect(followed.counts).toEqual({ matched: depth });
    expect(followed.correlated.path.name).toBe('virtio-blk-iothread');
    expect(followed.correlated.inFlight.most).toBe(depth);
    for (const label of drawn.labels) {
      const truth = drawn.truth(label);
      expect({
        guestIssue: followed.at(label, 'guest:issue'),
        hostIssue: followed.at(label, 'host:issue'),
        hostIrq: followed.at(label, 'host:irq'),
        hostComplete: followed.at(label, 'host:complete'),
        irqfd: followed.at(label, 'kvm:irqfd'),
        guestComplete: followed.at(label, 'guest:complete'),
      }).toEqual(truth);
      const sum = followed.stages(label).reduce((ns, stage) => ns + Number(stage.split(' ').at(-1)), 0);
      expect(sum).toBe(followed.totalNs(label));
    }
  });

  it('share the one kick, and which used entry was whose is not guessed', () => {
    const { at } = followDiagram(drawn.diagram, { path: 'virtio-blk-iothread' });
    const kicks = new Set(drawn.labels.map((label) => at(label, 'kvm:ioeventfd')));
    expect(kicks.size).toBe(1);
    for (const label of drawn.labels) expect(at(label, 'backend:push')).toBeUndefined();
  });
});
