import { OF_EVENTFD_READ } from '../stand-ins.ts';
import type { Segment } from './segment.ts';

/** The drive's interrupt, taken by VFIO on the host. */
export const vfioInterrupt: Segment = {
  points: [
    { point: 'vfio:irq', stage: 'device' },
    { point: 'vfio:handler', detail: true },
  ],
  rules: [
    {
      point: 'vfio:handler',
      events: ['vfio_msihandler'],
      join: { by: 'window' },
      pick: 'last',
      after: ['nvme:doorbell', 'backend:block', 'guest:issue'],
      before: ['nvme:complete', 'backend:reap', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
    },
    {
      point: 'vfio:irq',
      events: ['irq_handler_entry'],
      join: { by: 'cpu', of: 'vfio:handler' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['vfio:handler'],
      around: true,
      certain: true,
    },
    {
      point: 'vfio:irq',
      events: ['irq_handler_entry'],
      join: { by: 'window' },
      pick: 'last',
      after: ['nvme:doorbell', 'backend:block', 'guest:issue'],
      before: ['nvme:complete', 'backend:reap', 'backend:push', 'kvm:irqfd', 'guest:irq', 'guest:complete'],
      dev: 'learned',
    },
  ],
};

/** The interrupt's eventfd wakes a driver in user space. */
export const vfioWake: Segment = {
  points: [
    { point: 'vfio:signal', stage: 'complete-notify' },
    { point: 'backend:complete-awake', detail: true },
    { point: 'backend:complete-read', stage: 'iothread-complete-wakeup' },
  ],
  rules: [
    {
      point: 'vfio:signal',
      events: ['eventfd_signal', 'eventfd_signal_mask'],
      join: { by: 'cpu', of: 'vfio:irq' },
      pick: 'first',
      // It may come when a polling back-end has found the completion and told the guest of it.
      after: ['vfio:irq'],
      before: ['guest:complete'],
      tag: 'learned',
      certain: true,
    },
    {
      point: 'vfio:signal',
      events: ['eventfd_signal', 'eventfd_signal_mask'],
      join: { by: 'cpu', of: 'vfio:handler' },
      pick: 'first',
      after: ['vfio:handler'],
      before: ['guest:complete'],
      tag: 'learned',
      certain: true,
    },
    {
      point: 'backend:complete-read',
      events: ['eventfd_read', 'sys_enter_read'],
      standIns: OF_EVENTFD_READ,
      join: { by: 'backend' },
      pick: 'first',
      after: ['vfio:signal', 'vfio:irq'],
      before: ['nvme:complete', 'backend:reap', 'backend:push', 'kvm:irqfd', 'guest:irq'],
      certain: true,
    },
    {
      point: 'backend:complete-awake',
      events: ['sys_exit_ppoll', 'sys_exit_io_uring_enter', 'sys_exit_epoll_wait'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['vfio:signal', 'vfio:irq'],
      before: ['backend:complete-read', 'nvme:complete', 'backend:reap', 'backend:push', 'kvm:irqfd'],
      certain: true,
    },
  ],
};
