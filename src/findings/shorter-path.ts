import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfStages } from './gain.ts';

/** Stages of the host's block layer and its AIO; nvme:// has none of them. */
const HOST_STAGES = ['host-submit', 'host-irq', 'complete-notify'];
/** Stages of the back-end that assignment of the whole device removes beside them. */
const BACKEND_STAGES = [
  ...['kick-exit', 'iothread-wakeup', 'poll-pickup', 'virtio-parse', 'qemu-block'],
  ...['iothread-complete-wakeup', 'poll-complete', 'qemu-complete', 'used-notify'],
];
/** Below this the software in between is not what to work on. */
const LEAST_SHARE = 0.25;

export const shorterPath = defineFinding({
  id: 'shorter-path',
  severity: 'info',
  title: 'The disk is a whole NVMe drive: a shorter path to it exists',
  about:
    'QEMU’s nvme:// driver talks to the drive without the host’s block layer and AIO; VFIO gives the drive to the guest, which removes the back-end as well. Both take the drive away from the host, and VFIO also migration, snapshots and block jobs. What replaces the stages is not free: the gain is what is removed, less what nvme:// adds (nvme-submit, a bottom half) or VFIO keeps (the interrupt through an eventfd).',
  find(input) {
    const { correlated, facts } = input;
    const { path } = correlated;
    if (!path.name.startsWith('virtio-blk-') || !opensNvme(facts.qemuCommandLine ?? '')) return undefined;
    const host = gainOfStages(input, HOST_STAGES);
    const all = gainOfStages(input, [...HOST_STAGES, ...BACKEND_STAGES]);
    if (host === null || all === null || all.share < LEAST_SHARE) return undefined;
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    return {
      evidence: `nvme:// would remove ${present(input, HOST_STAGES)}, ${percent(host.share)} of the mean; VFIO also ${present(input, BACKEND_STAGES)}, together ${percent(all.share)}`,
      gain: { ...all, basis: 'all of these stages' },
      confidence: 'medium',
      fix: "-blockdev driver=nvme,device=BDF,namespace=1 in place of the file driver, or -device vfio-pci,host=BDF; in the domain XML <disk type='nvme'> or <hostdev>",
    };
  },
});

/** The host's device file of a whole namespace is what QEMU opens. */
function opensNvme(commandLine: string): boolean {
  return /[=:]\/dev\/nvme\d+n\d+(?=[,\s\0]|$)/.test(commandLine);
}

function present({ breakdown }: FindingInput, ids: readonly string[]): string {
  return breakdown.stages
    .filter(({ id }) => id.split('+').every((part) => ids.includes(part)))
    .map(({ id }) => id)
    .join(', ');
}
