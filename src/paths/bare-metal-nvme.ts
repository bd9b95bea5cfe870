import { defineIoPath, type IoPath, type PathPoint, type PointRule } from './io-path.ts';
import { pollFound } from './segments/poll-found.ts';

const submit: { points: readonly PathPoint[]; rules: readonly PointRule[] } = {
  points: [
    { point: 'app:submit' },
    { point: 'host:driver', detail: true },
    { point: 'host:setup', detail: true },
    { point: 'host:issue', stage: 'host-submit' },
  ],
  rules: [
    {
      point: 'host:driver',
      events: ['nvme_queue_rq', 'nvme_queue_rqs', 'virtio_queue_rq', 'virtio_queue_rqs'],
      join: { by: 'task', of: 'host:issue' },
      pick: 'last',
      after: ['app:submit'],
      before: ['host:issue'],
      certain: true,
    },
    {
      point: 'host:setup',
      events: ['nvme_setup_cmd'],
      join: { by: 'task', of: 'host:issue' },
      pick: 'last',
      after: ['app:submit'],
      before: ['host:issue'],
      certain: true,
    },
  ],
};

const base = {
  app: 'host',
  anchors: { submit: 'app:submit', issue: 'host:issue', complete: 'host:complete', return: 'app:return' },
  groups: [],
  bypasses: [],
} as const satisfies Partial<IoPath>;

const interrupt = {
  points: [
    ...submit.points,
    { point: 'host:irq', stage: 'device' },
    { point: 'host:complete', stage: 'host-irq' },
    { point: 'app:return', stage: 'app-wakeup' },
  ],
  rules: [
    ...submit.rules,
    {
      point: 'host:irq',
      events: ['irq_handler_entry', 'nvme_irq', 'nvme_sq'],
      join: { by: 'cpu', of: 'host:complete' },
      pick: 'last',
      after: ['host:issue'],
      before: ['host:complete'],
      dev: 'learned',
      around: true,
      certain: true,
    },
  ],
} as const satisfies Partial<IoPath>;

export const bareMetalNvme = defineIoPath({
  ...base,
  ...interrupt,
  name: 'bare-metal-nvme',
  title: 'bare metal NVMe, interrupt',
  talk: 'bare metal',
  about:
    'The reference: the application reads the drive from the host itself, completions raise an interrupt.',
});

export const bareMetalNvmeIopoll = defineIoPath({
  ...base,
  name: 'bare-metal-nvme-iopoll',
  title: 'bare metal NVMe, iopoll',
  talk: 'bare metal with iopoll',
  points: [
    ...submit.points,
    { point: 'host:poll-found', stage: 'device' },
    { point: 'host:complete', stage: 'host-complete' },
    { point: 'app:return', stage: 'app-wakeup' },
  ],
  rules: [...submit.rules, ...pollFound('host', 'nvme_poll_ret')],
  about:
    'The application’s task polls the completion queue (io_uring IOPOLL with nvme.poll_queues): no interrupt, no sleep. Synchronous RWF_HIPRI no longer polls since Linux 6.0.',
});

export const localBlockDevice = defineIoPath({
  ...base,
  ...interrupt,
  name: 'local-block-device',
  title: 'this machine’s own block device',
  talk: 'not in the talk: a baseline for any machine',
  about:
    'Any block device as its own machine sees it, whatever the driver: a virtio-blk disk seen from inside the guest, a loop device, SATA.',
});
