import { defineIoPath, type IoPath, type PathPoint, type PointRule } from './io-path.ts';
import { HOST_REQUEST_GROUP } from './path-groups.ts';
import { guestInterrupt, guestSubmit } from './segments/guest.ts';
import { hostBlock } from './segments/host-block.ts';
import { injectInterrupt } from './segments/inject.ts';

/** Vhost target to the bdev layer. Functions are those of SPDK v22.09 and later; spdk_trace names in capitals. */
const pickUp: { points: readonly PathPoint[]; rules: readonly PointRule[] } = {
  points: [
    { point: 'backend:pickup', stage: 'reactor-pickup' },
    { point: 'spdk:bdev', stage: 'bdev-submit' },
  ],
  rules: [
    {
      point: 'spdk:bdev',
      events: ['bdev_io_submit', 'BDEV_IO_START'],
      join: { by: 'window' },
      pick: 'first',
      after: ['guest:issue'],
      before: ['spdk:submit', 'host:issue', 'backend:push', 'kvm:irqfd'],
    },
    {
      point: 'backend:pickup',
      events: ['process_blk_task', 'virtio_blk_process_request'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['spdk:bdev', 'spdk:submit', 'host:issue', 'backend:push', 'kvm:irqfd'],
    },
  ],
};

/** Completion in the bdev layer to the used ring; the call to the guest follows at the end of the reactor's poll. */
const complete: { points: readonly PathPoint[]; rules: readonly PointRule[] } = {
  points: [
    { point: 'spdk:bdev-done', stage: 'spdk-complete' },
    { point: 'backend:done', stage: 'spdk-complete' },
    { point: 'backend:push', stage: 'spdk-complete' },
    { point: 'backend:call', stage: 'signal-delay' },
  ],
  rules: [
    {
      point: 'backend:push',
      events: ['vhost_vq_used_ring_enqueue'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['backend:call', 'kvm:irqfd', 'guest:irq'],
    },
    {
      point: 'backend:done',
      events: ['blk_request_complete_cb'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['backend:push', 'kvm:irqfd', 'guest:irq'],
    },
    {
      point: 'spdk:bdev-done',
      events: ['spdk_bdev_io_complete', 'BDEV_IO_DONE'],
      join: { by: 'window' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['backend:done', 'backend:push', 'kvm:irqfd'],
    },
  ],
};

const call = injectInterrupt.points.filter(({ point }) => point !== 'backend:call');

const base = {
  app: 'guest',
  anchors: { submit: 'app:submit', issue: 'guest:issue', complete: 'guest:complete', return: 'app:return' },
  groups: [],
  bypasses: [],
} as const satisfies Partial<IoPath>;

export const vhostUserBlkSpdk = defineIoPath({
  ...base,
  name: 'vhost-user-blk-spdk',
  title: 'vhost-user-blk, SPDK',
  talk: 'SPDK vhost-user-blk',
  points: [
    ...guestSubmit.points,
    ...pickUp.points,
    { point: 'spdk:submit', stage: 'bdev-submit' },
    { point: 'spdk:complete', stage: 'device' },
    ...complete.points,
    ...call,
    ...guestInterrupt.points,
  ],
  rules: [
    ...guestSubmit.rules,
    ...guestInterrupt.rules,
    ...injectInterrupt.rules,
    ...complete.rules,
    {
      point: 'spdk:complete',
      events: ['NVME_PCIE_COMPLETE', 'nvme_pcie_qpair_complete_tracker'],
      join: { by: 'window' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['spdk:bdev-done', 'backend:done', 'backend:push', 'kvm:irqfd', 'guest:irq'],
    },
    {
      point: 'spdk:submit',
      events: ['NVME_PCIE_SUBMIT', 'nvme_pcie_qpair_submit_tracker'],
      join: { by: 'window' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['spdk:complete', 'spdk:bdev-done', 'backend:push', 'kvm:irqfd', 'guest:irq'],
    },
    ...pickUp.rules,
  ],
  about:
    'An SPDK reactor polls the virtqueue and the NVMe completion queue: the guest’s kick is suppressed, and only the interrupt to the guest involves the kernel.',
});

export const vhostUserBlkSpdkAio = defineIoPath({
  ...base,
  groups: [HOST_REQUEST_GROUP],
  name: 'vhost-user-blk-spdk-aio',
  title: 'vhost-user-blk, SPDK on a kernel block device',
  talk: 'SPDK vhost-user-blk',
  points: [
    ...guestSubmit.points,
    ...pickUp.points,
    ...hostBlock.points.map((point) =>
      point.point === 'backend:submit' ? { ...point, stage: 'bdev-submit' as const } : point,
    ),
    ...complete.points,
    ...call,
    ...guestInterrupt.points,
  ],
  rules: [
    ...guestSubmit.rules,
    ...guestInterrupt.rules,
    ...hostBlock.rules,
    ...injectInterrupt.rules,
    ...complete.rules,
    ...pickUp.rules,
  ],
  about: 'As vhost-user-blk-spdk, with SPDK’s bdev_aio on a block device of the host’s kernel.',
});
