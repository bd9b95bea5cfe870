import { defineIoPath, type PathPoint, type PointRule } from './io-path.ts';
import {
  COMPLETE_BYPASS,
  COMPLETE_GROUP,
  DRIVE_INTERRUPT_GROUP,
  INTERRUPT_BYPASS,
  KICK_BYPASS,
  KICK_GROUPS,
} from './path-groups.ts';
import { usedEntry } from './segments/completion.ts';
import { guestInterrupt, guestSubmit } from './segments/guest.ts';
import { injectInterrupt } from './segments/inject.ts';
import { unnamedKick } from './segments/kick.ts';
import { vfioInterrupt, vfioWake } from './segments/vfio-interrupt.ts';

/** Bounds that the completion side gives to everything on the submission side. */
const COMPLETION = ['backend:done', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'] as const;

/** Virtqueue to the NVMe doorbell. Events: QEMU 5.2 to 10.2 block/nvme.c and the functions of the talk's prototype. */
const submission: { points: readonly PathPoint[]; rules: readonly PointRule[] } = {
  points: [
    { point: 'backend:pickup', stage: 'virtio-parse' },
    { point: 'backend:pop', detail: true },
    { point: 'backend:parsed', stage: 'virtio-parse' },
    { point: 'backend:block', stage: 'virtio-parse' },
    { point: 'nvme:prw', stage: 'qemu-block' },
    { point: 'nvme:submit', stage: 'nvme-submit' },
    { point: 'nvme:doorbell', stage: 'nvme-submit' },
  ],
  rules: [
    {
      point: 'nvme:doorbell',
      events: ['nvme_kick'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: COMPLETION,
    },
    {
      point: 'nvme:submit',
      events: ['nvme_submit_command'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['nvme:doorbell', ...COMPLETION],
    },
    {
      point: 'nvme:prw',
      events: ['nvme_co_prw_aligned', 'nvme_aio_prw_aligned'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['nvme:submit', 'nvme:doorbell', ...COMPLETION],
    },
    {
      point: 'backend:block',
      events: ['blk_aio_preadv', 'blk_aio_pwritev'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['nvme:prw', 'nvme:submit', 'nvme:doorbell', ...COMPLETION],
    },
    {
      point: 'backend:parsed',
      events: ['virtio_blk_handle_read', 'virtio_blk_handle_write', 'virtio_blk_submit_multireq'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:block', 'nvme:prw', 'nvme:submit', 'nvme:doorbell', ...COMPLETION],
    },
    {
      point: 'backend:pickup',
      events: ['virtio_blk_handle_vq', 'virtio_queue_notify'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:parsed', 'backend:block', 'nvme:prw', 'nvme:submit', 'nvme:doorbell'],
    },
    {
      point: 'backend:pop',
      events: ['virtqueue_pop'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['backend:pickup', 'guest:issue'],
      before: ['backend:parsed', 'backend:block', 'nvme:prw', 'nvme:submit', 'nvme:doorbell', ...COMPLETION],
    },
  ],
};

/** Completion entry to the device model, without the interrupt that may announce it. */
const completion: { points: readonly PathPoint[]; rules: readonly PointRule[] } = {
  points: [
    { point: 'nvme:event', detail: true },
    { point: 'nvme:complete', stage: 'iothread-complete-wakeup' },
    { point: 'backend:reap', stage: 'nvme-bh-hop' },
    { point: 'backend:done', stage: 'nvme-bh-hop' },
  ],
  rules: [
    {
      point: 'backend:done',
      events: ['virtio_blk_rw_complete'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
    },
    {
      point: 'backend:reap',
      events: ['nvme_rw_done', 'aio_co_wake'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue', 'nvme:doorbell'],
      before: ['backend:done', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
    },
    {
      point: 'nvme:complete',
      events: ['nvme_complete_command', 'nvme_rw_cb', 'nvme_process_completion'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['nvme:doorbell', 'guest:issue'],
      before: ['backend:reap', 'backend:done', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
    },
    {
      point: 'nvme:event',
      events: ['nvme_handle_event'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['nvme:doorbell', 'guest:issue'],
      before: ['nvme:complete', 'backend:push'],
    },
  ],
};

const shared = {
  app: 'guest',
  anchors: { submit: 'app:submit', issue: 'guest:issue', complete: 'guest:complete', return: 'app:return' },
} as const;

const before = [...guestSubmit.points, ...unnamedKick.points, ...submission.points];
const after = [...usedEntry.points, ...injectInterrupt.points, ...guestInterrupt.points];
const rules = [
  ...guestSubmit.rules,
  ...guestInterrupt.rules,
  ...injectInterrupt.rules,
  ...usedEntry.rules,
  ...submission.rules,
  ...completion.rules,
];

export const virtioBlkUserspaceNvme = defineIoPath({
  ...shared,
  name: 'virtio-blk-userspace-nvme',
  title: 'virtio-blk, QEMU userspace NVMe driver',
  talk: 'QEMU’s userspace NVMe driver (nvme://)',
  points: [...before, ...vfioInterrupt.points, ...vfioWake.points, ...completion.points, ...after],
  rules: [...rules, ...vfioInterrupt.rules, ...vfioWake.rules, ...unnamedKick.rules],
  groups: [...KICK_GROUPS, DRIVE_INTERRUPT_GROUP, COMPLETE_GROUP],
  bypasses: [KICK_BYPASS, INTERRUPT_BYPASS, COMPLETE_BYPASS],
  about:
    'QEMU drives the NVMe device itself through VFIO: no host block layer, one queue pair, and the drive’s interrupt reaches the IOThread as an eventfd even while it polls.',
});

/** Polled queues have no interrupt's eventfd to handle. */
const withoutEvent = rules.filter(({ point }) => point !== 'nvme:event');

/** Completion without any interrupt: the device stage ends when the driver consumes the entry. */
const polledCompletion = completion.points
  .filter(({ point }) => point !== 'nvme:event')
  .map((point) => (point.point === 'nvme:complete' ? { ...point, stage: 'device' as const } : point));

export const virtioBlkUserspaceNvmePollqueue = defineIoPath({
  ...shared,
  name: 'virtio-blk-userspace-nvme-pollqueue',
  title: 'virtio-blk, QEMU userspace NVMe driver, polled queues',
  talk: 'polled NVMe queues (prototype)',
  points: [...before, ...polledCompletion, ...after],
  rules: [...withoutEvent, ...unnamedKick.rules],
  groups: KICK_GROUPS,
  bypasses: [KICK_BYPASS],
  about:
    'As virtio-blk-userspace-nvme with NVMe completion queues that raise no interrupt: the IOThread polls them. The device stage includes the delay of the poll.',
});

export const virtioBlkUserspaceNvmeFastpath = defineIoPath({
  ...shared,
  name: 'virtio-blk-userspace-nvme-fastpath',
  title: 'virtio-blk, QEMU userspace NVMe driver, AIO fast path',
  talk: 'AIO fast path (prototype)',
  points: [...before.filter(({ point }) => point !== 'backend:block'), ...polledCompletion, ...after],
  rules: [...withoutEvent, ...unnamedKick.rules],
  groups: KICK_GROUPS,
  bypasses: [KICK_BYPASS],
  about:
    'As virtio-blk-userspace-nvme-pollqueue without coroutines in QEMU’s block layer: the request goes from the virtqueue straight into the NVMe driver.',
});
