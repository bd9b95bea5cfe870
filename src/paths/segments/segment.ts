import type { PathPoint, PointRule } from '../io-path.ts';

/**
 * A stretch that several paths share: its points in critical order, and the rules that find them in the order of the
 * search. Facts: virt/kvm/eventfd.c, arch/x86/kvm, block/blk-mq.c, drivers/block/virtio_blk.c, QEMU's hw/block/virtio-blk.c.
 */
export interface Segment {
  readonly points: readonly PathPoint[];
  readonly rules: readonly PointRule[];
}
