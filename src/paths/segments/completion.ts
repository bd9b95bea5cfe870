import { OF_EVENTFD_READ } from '../stand-ins.ts';
import type { Segment } from './segment.ts';

/** Host completion to the back-end having seen it: AIO eventfd in the interrupt, or io_uring task work. */
export const aioComplete: Segment = {
  points: [
    { point: 'host:aio-done', detail: true },
    { point: 'host:aio-notify', stage: 'complete-notify' },
    { point: 'backend:complete-awake', detail: true },
    { point: 'backend:complete-read', stage: 'iothread-complete-wakeup' },
    { point: 'backend:reap', stage: 'qemu-complete' },
  ],
  rules: [
    {
      point: 'host:aio-done',
      events: ['aio_complete_rw', 'io_complete_rw'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'first',
      after: ['host:complete'],
      before: ['guest:complete'],
      certain: true,
    },
    {
      point: 'host:aio-notify',
      events: ['eventfd_signal', 'eventfd_signal_mask'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'first',
      after: ['host:aio-done', 'host:complete'],
      before: ['backend:reap', 'backend:push', 'kvm:irqfd'],
      tag: 'learned',
      certain: true,
    },
    {
      point: 'host:aio-notify',
      events: ['io_uring_complete'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['host:complete'],
      before: ['backend:reap', 'backend:push', 'kvm:irqfd'],
    },
    {
      point: 'backend:complete-read',
      events: ['eventfd_read', 'sys_enter_read'],
      standIns: OF_EVENTFD_READ,
      drains: 'host:aio-notify',
      join: { by: 'backend' },
      pick: 'first',
      after: ['host:aio-notify', 'host:complete'],
      before: ['backend:reap', 'backend:push', 'kvm:irqfd'],
      certain: true,
    },
    {
      point: 'backend:complete-awake',
      events: ['sys_exit_ppoll', 'sys_exit_io_uring_enter', 'sys_exit_epoll_wait', 'sys_exit_epoll_pwait'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['host:complete'],
      before: ['backend:complete-read', 'backend:reap', 'backend:push', 'kvm:irqfd'],
      certain: true,
    },
  ],
};

/** The back-end puts the completion on the used ring. */
export const usedEntry: Segment = {
  points: [{ point: 'backend:push', stage: 'qemu-complete' }],
  rules: [
    {
      point: 'backend:push',
      events: ['virtqueue_push', 'vu_queue_push'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['kvm:irqfd', 'guest:irq', 'guest:poll-found', 'guest:complete'],
    },
    {
      point: 'backend:reap',
      events: ['aio_co_wake'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['host:complete', 'guest:issue'],
      before: ['backend:push', 'kvm:irqfd', 'guest:complete'],
    },
  ],
};
