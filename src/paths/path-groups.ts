import type { Bypass, PathGroup } from './io-path.ts';

/** A kick's events come together; so do those of its reader. */
export const KICK_GROUPS: readonly PathGroup[] = [
  {
    name: 'kick',
    members: ['guest:kick', 'kvm:exit', 'kvm:mmio', 'kvm:ioeventfd'],
    absence: 'the device had switched notification off: it was polling, or still busy with the queue',
  },
  {
    name: 'kick read',
    members: ['backend:notifier', 'backend:kick-read'],
    absence: 'the back-end found the request without being woken by the kick',
  },
  {
    name: 'virtqueue handler',
    members: ['backend:pickup'],
    absence: 'the handler was already running when the request was issued',
  },
];

/** The back-end was woken by the eventfd of the completion, or found the completion by polling. */
export const COMPLETE_GROUP: PathGroup = {
  name: 'completion read',
  members: ['backend:complete-read'],
  absence: 'the back-end found the completion by polling',
};

/** A host request that was issued has completed when the guest's has: one without the other is a lost event. */
export const HOST_REQUEST_GROUP: PathGroup = {
  name: 'host request',
  members: ['host:issue', 'host:complete'],
};

/** A driver in user space: its process is told of the drive's interrupt through an eventfd. */
export const DRIVE_INTERRUPT_GROUP: PathGroup = {
  name: 'drive interrupt',
  members: ['vfio:irq', 'vfio:handler', 'vfio:signal'],
  absence: 'the completion entry was found before the drive’s interrupt arrived',
};

/** Polled pick-up of the request. */
export const KICK_BYPASS: Bypass = {
  name: 'kick',
  needs: ['kvm:ioeventfd', 'backend:kick-read'],
  evidence: 'guest:kick',
  points: ['kvm:exit', 'kvm:ioeventfd', 'backend:kick-read'],
  upTo: ['backend:pickup'],
  stage: 'poll-pickup',
  variant: ['kicked', 'polled pick-up'],
};

/** Polled pick-up of the completion. */
export const COMPLETE_BYPASS: Bypass = {
  name: 'completion read',
  needs: ['backend:complete-read'],
  points: ['backend:complete-read'],
  upTo: ['nvme:complete', 'backend:reap'],
  stage: 'poll-complete',
  variant: ['woken by completion', 'completion found awake'],
};

/** The completion was found before the interrupt's signal: before the interrupt, or while its handler still ran. */
export const INTERRUPT_BYPASS: Bypass = {
  name: 'drive interrupt',
  needs: ['vfio:irq', 'vfio:signal'],
  points: ['vfio:irq', 'vfio:signal'],
  upTo: [],
  stage: 'device',
  variant: ['drive interrupt', 'completion found before its interrupt'],
};
