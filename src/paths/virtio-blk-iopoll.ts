import { defineIoPath } from './io-path.ts';
import {
  COMPLETE_BYPASS,
  COMPLETE_GROUP,
  HOST_REQUEST_GROUP,
  KICK_BYPASS,
  KICK_GROUPS,
} from './path-groups.ts';
import { aioComplete, usedEntry } from './segments/completion.ts';
import { guestPolls, guestSubmit } from './segments/guest.ts';
import { hostBlock } from './segments/host-block.ts';
import { kick, kickRead } from './segments/kick.ts';
import { qemuSubmit } from './segments/qemu-submit.ts';

const polls = guestPolls('guest-poll-pickup');

export const virtioBlkIopoll = defineIoPath({
  name: 'virtio-blk-iopoll',
  title: 'virtio-blk, polled by the guest',
  talk: 'virtio-blk iopoll',
  app: 'guest',
  anchors: { submit: 'app:submit', issue: 'guest:issue', complete: 'guest:complete', return: 'app:return' },
  points: [
    ...guestSubmit.points,
    ...kick.points,
    ...kickRead.points,
    ...qemuSubmit.points,
    ...hostBlock.points,
    ...aioComplete.points,
    ...usedEntry.points,
    ...polls.points,
  ],
  rules: [
    ...guestSubmit.rules,
    ...polls.rules,
    ...hostBlock.rules,
    ...qemuSubmit.rules,
    ...usedEntry.rules,
    ...aioComplete.rules,
    ...kick.rules,
    ...kickRead.rules,
  ],
  groups: [...KICK_GROUPS, HOST_REQUEST_GROUP, COMPLETE_GROUP],
  bypasses: [KICK_BYPASS, COMPLETE_BYPASS],
  about:
    'The guest’s task polls the used ring (virtio_blk.poll_queues and io_uring IOPOLL): the back-end injects no interrupt and the vCPU does not halt.',
});
