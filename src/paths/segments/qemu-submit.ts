import type { Segment } from './segment.ts';

/** What QEMU does between the virtqueue and the host's system call, as far as it is probed. */
export const qemuSubmit: Segment = {
  points: [
    { point: 'backend:pickup', stage: 'virtio-parse' },
    { point: 'backend:pop', detail: true },
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
      before: ['backend:submit', 'host:issue'],
    },
    {
      point: 'backend:block',
      events: ['blk_aio_preadv', 'blk_aio_pwritev'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:aio', 'backend:submit', 'host:issue', 'guest:complete'],
    },
    {
      point: 'backend:pickup',
      events: ['virtio_blk_handle_vq', 'virtio_queue_notify'],
      join: { by: 'backend' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['backend:block', 'backend:submit', 'host:issue'],
    },
    {
      point: 'backend:pop',
      events: ['virtqueue_pop'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['backend:pickup', 'guest:issue'],
      before: ['backend:block', 'backend:submit', 'host:issue'],
    },
  ],
};
