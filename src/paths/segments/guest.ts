import { OF_IRQ_ENTRY } from '../stand-ins.ts';
import { pollFound } from './poll-found.ts';
import type { Segment } from './segment.ts';

/** System call to the issued request, in a guest. */
export const guestSubmit: Segment = {
  points: [
    { point: 'app:submit' },
    { point: 'guest:driver', detail: true },
    { point: 'guest:issue', stage: 'guest-submit' },
  ],
  rules: [
    {
      point: 'guest:driver',
      events: ['virtio_queue_rq', 'virtio_queue_rqs', 'nvme_queue_rq', 'nvme_queue_rqs'],
      join: { by: 'task', of: 'guest:issue' },
      pick: 'last',
      after: ['app:submit'],
      before: ['guest:issue'],
      certain: true,
    },
  ],
};

/** Interrupt to the system call's return, in a guest. */
export const guestInterrupt: Segment = {
  points: [
    { point: 'guest:irq', stage: 'guest-irq' },
    { point: 'guest:complete', stage: 'guest-complete' },
    { point: 'app:return', stage: 'guest-wakeup' },
  ],
  rules: [
    {
      point: 'guest:irq',
      events: ['irq_handler_entry', 'vring_interrupt', 'nvme_irq'],
      standIns: OF_IRQ_ENTRY,
      join: { by: 'cpu', of: 'guest:complete' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['guest:complete'],
      dev: 'learned',
      around: true,
      certain: true,
    },
  ],
};

/** The guest's polling task finds the completion. `stage` is what the time up to that is called. */
export function guestPolls(stage: 'device' | 'guest-poll-pickup'): Segment {
  return {
    points: [
      { point: 'guest:poll-found', stage },
      { point: 'guest:complete', stage: 'guest-complete' },
      { point: 'app:return', stage: 'guest-wakeup' },
    ],
    rules: pollFound('guest', 'virtblk_complete_batch', 'virtblk_poll_ret', 'nvme_poll_ret'),
  };
}
