import { defineIoPath, type IoPath, type PathPoint, type PointRule } from './io-path.ts';
import {
  COMPLETE_BYPASS,
  COMPLETE_GROUP,
  DRIVE_INTERRUPT_GROUP,
  HOST_REQUEST_GROUP,
  INTERRUPT_BYPASS,
  KICK_BYPASS,
  KICK_GROUPS,
} from './path-groups.ts';
import { aioComplete, usedEntry } from './segments/completion.ts';
import { guestInterrupt, guestSubmit } from './segments/guest.ts';
import { hostBlock } from './segments/host-block.ts';
import { injectInterrupt } from './segments/inject.ts';
import { kick, kickRead, unnamedKick } from './segments/kick.ts';
import { vfioInterrupt, vfioWake } from './segments/vfio-interrupt.ts';

const base = {
  app: 'guest',
  anchors: { submit: 'app:submit', issue: 'guest:issue', complete: 'guest:complete', return: 'app:return' },
} as const satisfies Partial<IoPath>;

/** qemu-storage-daemon from the virtqueue to its block layer (functions exported by 7.2 to 10.2). */
const daemonSubmit: { points: readonly PathPoint[]; rules: readonly PointRule[] } = {
  points: [
    { point: 'backend:pickup', stage: 'virtio-parse' },
    { point: 'backend:parsed', stage: 'virtio-parse' },
    { point: 'backend:block', stage: 'virtio-parse' },
    { point: 'backend:aio', detail: true },
  ],
  rules: [
    {
      point: 'backend:aio',
      events: ['laio_co_submit', 'luring_co_submit'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:submit', 'host:issue', 'vfio:irq'],
    },
    {
      point: 'backend:block',
      events: ['blk_co_preadv'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:aio', 'backend:submit', 'host:issue', 'backend:push', 'guest:irq'],
    },
    {
      point: 'backend:parsed',
      events: ['virtio_blk_process_req'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:block', 'backend:submit', 'host:issue', 'backend:push'],
    },
    {
      point: 'backend:pickup',
      events: ['vu_queue_pop'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:parsed', 'backend:block', 'backend:submit', 'host:issue'],
    },
  ],
};

export const vhostUserBlkQsd = defineIoPath({
  ...base,
  name: 'vhost-user-blk-qsd',
  title: 'vhost-user-blk, qemu-storage-daemon',
  talk: 'qemu-storage-daemon',
  points: [
    ...guestSubmit.points,
    ...kick.points,
    ...kickRead.points,
    ...daemonSubmit.points,
    ...hostBlock.points,
    ...aioComplete.points,
    ...usedEntry.points,
    ...injectInterrupt.points,
    ...guestInterrupt.points,
  ],
  rules: [
    ...guestSubmit.rules,
    ...guestInterrupt.rules,
    ...hostBlock.rules,
    ...daemonSubmit.rules,
    ...injectInterrupt.rules,
    ...usedEntry.rules,
    ...aioComplete.rules,
    ...kick.rules,
    ...kickRead.rules,
  ],
  groups: [...KICK_GROUPS, HOST_REQUEST_GROUP, COMPLETE_GROUP],
  bypasses: [{ ...KICK_BYPASS, variant: ['kicked', 'picked up without the kick'] }, COMPLETE_BYPASS],
  about:
    'A process of its own serves the virtqueue; QEMU is not in the data path. The export has no poll handler for the kick, so up to QEMU 10.2 it never busy-polls.',
});

export const vhostUserBlkQsdNvme = defineIoPath({
  ...base,
  name: 'vhost-user-blk-qsd-nvme',
  title: 'vhost-user-blk, qemu-storage-daemon on nvme://',
  talk: 'qemu-storage-daemon with the userspace NVMe driver',
  points: [
    ...guestSubmit.points,
    ...unnamedKick.points,
    ...daemonSubmit.points,
    ...vfioInterrupt.points,
    ...vfioWake.points,
    { point: 'backend:reap', stage: 'qemu-complete' },
    ...usedEntry.points,
    ...injectInterrupt.points,
    ...guestInterrupt.points,
  ],
  rules: [
    ...guestSubmit.rules,
    ...guestInterrupt.rules,
    ...injectInterrupt.rules,
    ...usedEntry.rules,
    ...daemonSubmit.rules,
    ...vfioInterrupt.rules,
    ...vfioWake.rules,
    ...unnamedKick.rules,
  ],
  groups: [...KICK_GROUPS, DRIVE_INTERRUPT_GROUP, COMPLETE_GROUP],
  bypasses: [
    { ...KICK_BYPASS, variant: ['kicked', 'picked up without the kick'] },
    INTERRUPT_BYPASS,
    COMPLETE_BYPASS,
  ],
  about: 'As vhost-user-blk-qsd, with the daemon driving the NVMe device itself: no host block layer.',
});
