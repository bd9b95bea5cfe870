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
