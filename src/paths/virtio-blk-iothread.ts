import { defineIoPath, type IoPath } from './io-path.ts';
import {
  COMPLETE_BYPASS,
  COMPLETE_GROUP,
  HOST_REQUEST_GROUP,
  KICK_BYPASS,
  KICK_GROUPS,
} from './path-groups.ts';
import { aioComplete, usedEntry } from './segments/completion.ts';
import { guestInterrupt, guestSubmit } from './segments/guest.ts';
import { hostBlock } from './segments/host-block.ts';
import { injectInterrupt } from './segments/inject.ts';
import { kick, kickRead } from './segments/kick.ts';
import { qemuSubmit } from './segments/qemu-submit.ts';

const POINTS = [
  ...guestSubmit.points,
  ...kick.points,
  ...kickRead.points,
  ...qemuSubmit.points,
  ...hostBlock.points,
  ...aioComplete.points,
  ...usedEntry.points,
  ...injectInterrupt.points,
  ...guestInterrupt.points,
];

// The injection is looked for before the completion's wake-up, which it bounds; the kick's read after the pick-up.
const RULES = [
  ...guestSubmit.rules,
  ...guestInterrupt.rules,
  ...hostBlock.rules,
  ...qemuSubmit.rules,
  ...injectInterrupt.rules,
  ...usedEntry.rules,
  ...aioComplete.rules,
  ...kick.rules,
  ...kickRead.rules,
];

const base = {
  app: 'guest',
  anchors: { submit: 'app:submit', issue: 'guest:issue', complete: 'guest:complete', return: 'app:return' },
  points: POINTS,
  rules: RULES,
  groups: [...KICK_GROUPS, HOST_REQUEST_GROUP, COMPLETE_GROUP],
  bypasses: [KICK_BYPASS, COMPLETE_BYPASS],
} as const satisfies Partial<IoPath>;

export const virtioBlkIothread = defineIoPath({
  ...base,
  name: 'virtio-blk-iothread',
  title: 'virtio-blk, IOThread',
  talk: 'virtio-blk with IOThreads',
  about:
    'The guest’s doorbell write exits to KVM, which signals an eventfd; an IOThread wakes, takes the request off the virtqueue and hands it to the host’s block layer. The completion wakes the IOThread again, which raises the guest’s interrupt through an irqfd.',
});

export const virtioBlkIothreadPolling = defineIoPath({
  ...base,
  name: 'virtio-blk-iothread-polling',
  title: 'virtio-blk, IOThread with AioContext polling',
  talk: 'AioContext polling',
  about:
    'As virtio-blk-iothread, with the IOThread busy-polling virtqueue and completions, so that neither kick nor wake-up is on the critical path of most requests. With event_idx the guest still kicks, after the pick-up.',
});

export const virtioBlkIothreadMultiqueue = defineIoPath({
  ...base,
  name: 'virtio-blk-iothread-multiqueue',
  title: 'virtio-blk, IOThread, several queues',
  talk: 'multi-queue and packed virtqueues',
  about:
    'As virtio-blk-iothread, with a virtqueue per vCPU; each queue has its own doorbell, eventfds and interrupt.',
});

export const virtioBlkMainLoop = defineIoPath({
  ...base,
  name: 'virtio-blk-main-loop',
  title: 'virtio-blk, QEMU main loop',
  talk: 'virtio-blk without IOThreads',
  about:
    'As virtio-blk-iothread, but QEMU’s main loop serves the disk, under the big lock and beside every other device.',
});
