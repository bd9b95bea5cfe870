import { defineIoPath, type IoPath, type PointRule } from './io-path.ts';
import { guestInterrupt, guestPolls, guestSubmit } from './segments/guest.ts';
import { afterIrqfd } from './segments/inject.ts';
import { vfioInterrupt } from './segments/vfio-interrupt.ts';
import { OF_IRQFD } from './stand-ins.ts';

/** It is signalled by the interrupt's handler; the interrupt itself is not seen where a tracer cannot read its name. */
const irqfds = (['vfio:irq', 'vfio:handler'] as const).map(
  (signaller): PointRule => ({
    point: 'kvm:irqfd',
    events: ['irqfd_wakeup', 'kvm_arch_set_irq_inatomic', 'kvm_msi_set_irq'],
    standIns: OF_IRQFD,
    join: { by: 'cpu', of: signaller },
    pick: 'first',
    after: [signaller],
    before: ['guest:irq'],
    certain: true,
  }),
);

const base = {
  app: 'guest',
  anchors: { submit: 'app:submit', issue: 'guest:issue', complete: 'guest:complete', return: 'app:return' },
  points: [
    ...guestSubmit.points,
    ...vfioInterrupt.points,
    { point: 'kvm:irqfd', detail: true },
    { point: 'kvm:inject', stage: 'irq-inject' },
    { point: 'kvm:halt', detail: true },
    { point: 'kvm:deliver', detail: true },
    { point: 'kvm:entry', stage: 'vcpu-wakeup' },
    ...guestInterrupt.points,
  ],
  rules: [
    ...guestSubmit.rules,
    ...guestInterrupt.rules,
    ...vfioInterrupt.rules,
    ...irqfds,
    ...afterIrqfd('cpu'),
  ],
  groups: [
    {
      name: 'host interrupt',
      members: ['vfio:irq', 'vfio:handler', 'kvm:irqfd', 'kvm:inject'],
      allOrNone: true,
      absence: 'the interrupt was posted to the running vCPU by hardware; the host sees nothing',
    },
  ],
  bypasses: [],
} as const satisfies Partial<IoPath>;

export const vfioPciNvme = defineIoPath({
  ...base,
  name: 'vfio-pci-nvme',
  title: 'VFIO assignment',
  talk: 'VFIO PCI assignment',
  about:
    'The guest drives the NVMe device itself; its doorbell is a mapped BAR, so the host sees nothing at submission. The interrupt arrives on the host and is injected through an irqfd, or is posted by hardware.',
});

export const vfioPciNvmeHaltpoll = defineIoPath({
  ...base,
  name: 'vfio-pci-nvme-haltpoll',
  title: 'VFIO assignment, guest haltpoll',
  talk: 'cpuidle-haltpoll',
  about:
    'As vfio-pci-nvme; the guest’s idle loop polls for a while before it halts, so that a completion need not wake the vCPU.',
});

const polls = guestPolls('device');

export const vfioPciNvmeIopoll = defineIoPath({
  name: 'vfio-pci-nvme-iopoll',
  title: 'VFIO assignment, polled by the guest',
  talk: 'iopoll with VFIO',
  app: 'guest',
  anchors: base.anchors,
  points: [...guestSubmit.points, ...polls.points],
  rules: [...guestSubmit.rules, ...polls.rules],
  groups: [],
  bypasses: [],
  about:
    'The guest’s task polls the NVMe completion queue itself: neither submission nor completion involves the host.',
});
