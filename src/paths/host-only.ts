import { defineIoPath, type PointRule } from './io-path.ts';
import { COMPLETE_GROUP } from './path-groups.ts';
import { aioComplete } from './segments/completion.ts';
import { hostBlock } from './segments/host-block.ts';
import { injectInterrupt } from './segments/inject.ts';
import { OF_EVENTFD_READ } from './stand-ins.ts';

/** Exit class of kvm_exit for a doorbell write. */
const MMIO_EXIT = 1;

/** KVM's entry with the interrupt: told by its vector, because the guest that takes it was not recorded. */
const ENTRY: readonly PointRule[] = [
  {
    point: 'kvm:deliver',
    events: ['kvm_inj_virq'],
    join: { by: 'window' },
    pick: 'first',
    after: ['kvm:inject'],
    before: ['cycle:next'],
    tag: { sameAs: 'kvm:inject' },
  },
  {
    point: 'kvm:entry',
    events: ['kvm_entry'],
    join: { by: 'task', of: 'kvm:deliver' },
    pick: 'first',
    after: ['kvm:deliver'],
    before: ['cycle:next'],
    certain: true,
  },
];

/** The kick of the request that comes next. */
const NEXT_KICK: readonly PointRule[] = [
  {
    point: 'kvm:mmio',
    events: ['ioeventfd_write', 'kvm_mmio', 'kvm_fast_mmio'],
    join: { by: 'window' },
    pick: 'last',
    after: ['host:complete', 'kvm:entry'],
    before: ['cycle:next'],
    tag: 'learned',
  },
  {
    point: 'kvm:exit',
    events: ['kvm_exit'],
    join: { by: 'task', of: 'kvm:mmio' },
    pick: 'last',
    after: ['host:complete', 'kvm:entry'],
    before: ['kvm:mmio'],
    tag: MMIO_EXIT,
    certain: true,
  },
  {
    point: 'kvm:ioeventfd',
    events: ['eventfd_signal', 'eventfd_signal_mask'],
    join: { by: 'task', of: 'kvm:mmio' },
    pick: 'first',
    after: ['kvm:mmio'],
    before: ['cycle:next'],
    certain: true,
  },
  {
    point: 'backend:kick-read',
    events: ['eventfd_read', 'sys_enter_read'],
    standIns: OF_EVENTFD_READ,
    join: { by: 'backend' },
    pick: 'first',
    after: ['kvm:ioeventfd', 'kvm:mmio'],
    before: ['cycle:next'],
    certain: true,
  },
];

/** Rules of a segment, bounded by the end of the cycle: nothing of the guest bounds them. */
function inCycle(rules: readonly PointRule[], points: readonly string[]): PointRule[] {
  return rules
    .filter(({ point }) => points.includes(point))
    .map((rule) => ({ ...rule, before: [...rule.before, 'cycle:next'] }));
}

export const virtioHostOnly = defineIoPath({
  name: 'virtio-blk-host-only',
  title: 'virtio-blk, only the host recorded',
  talk: 'not in the talk: any of its virtio-blk configurations, without a way into the guest',
  app: 'host',
  anchors: {
    submit: 'backend:submit',
    issue: 'host:issue',
    complete: 'host:complete',
    return: 'cycle:next',
  },
  points: [
    { point: 'backend:submit' },
    { point: 'host:driver', detail: true },
    { point: 'host:issue', stage: 'host-submit' },
    { point: 'host:irq', stage: 'device' },
    { point: 'host:complete', stage: 'host-irq' },
    { point: 'host:aio-done', detail: true },
    { point: 'host:aio-notify', stage: 'complete-notify' },
    { point: 'backend:complete-read', stage: 'iothread-complete-wakeup' },
    { point: 'kvm:irqfd', stage: 'used-notify' },
    { point: 'kvm:inject', stage: 'irq-inject' },
    { point: 'kvm:deliver', detail: true },
    { point: 'kvm:entry', stage: 'vcpu-wakeup' },
    { point: 'kvm:exit', stage: 'guest-whole' },
    { point: 'kvm:mmio', detail: true },
    { point: 'kvm:ioeventfd', stage: 'kick-exit' },
    { point: 'backend:kick-read', stage: 'iothread-wakeup' },
    { point: 'cycle:next', stage: 'backend-submit' },
  ],
  rules: [
    ...inCycle(hostBlock.rules, ['host:driver', 'host:irq']),
    ...inCycle(injectInterrupt.rules, ['kvm:irqfd']),
    ...inCycle(aioComplete.rules, ['host:aio-done', 'host:aio-notify', 'backend:complete-read']),
    // The second way to find it needs the guest's interrupt.
    ...inCycle(injectInterrupt.rules, ['kvm:inject']).filter(({ join }) => join.by === 'task'),
    ...ENTRY,
    ...NEXT_KICK,
  ],
  groups: [
    {
      name: 'kick',
      members: ['kvm:exit', 'kvm:mmio', 'kvm:ioeventfd'],
      absence: 'the device had switched notification off: it was polling, or still busy with the queue',
    },
    {
      name: 'kick read',
      members: ['backend:kick-read'],
      absence: 'the back-end found the request without being woken by the kick',
    },
    COMPLETE_GROUP,
  ],
  bypasses: [],
  about:
    'One cycle of a guest that asks for one request at a time, as the host sees it: from one submission to the drive to the next. The time between the entry with the interrupt and the next kick is the guest’s, as one stage; the cycle is the reciprocal of its IOPS.',
});
