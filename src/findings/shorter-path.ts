import { countShared } from './evidence.ts';
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
    const { path } = input.correlated;
    // Stages of requests that shared the path hold their wait for each other: no other path removes that.
    const shared = countShared(input);
    if (shared * 2 > input.breakdown.matched.length) return undefined;
    if (!path.name.startsWith('virtio-blk-') || !opensNvme(input)) return undefined;
    const host = gainOfStages(input, HOST_STAGES);
    const all = gainOfStages(input, [...HOST_STAGES, ...BACKEND_STAGES]);
    if (host === null || all === null || all.share < LEAST_SHARE) return undefined;
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    return {
      evidence: `nvme:// would remove ${present(input, HOST_STAGES)}, ${percent(host.share)} of the mean; VFIO also ${present(input, BACKEND_STAGES) || 'what lies between'}, together ${percent(all.share)}`,
      gain: { ...all, basis: 'all of these stages' },
      confidence: 'medium',
      fix: "-blockdev driver=nvme,device=BDF,namespace=1 in place of the file driver, or -device vfio-pci,host=BDF; in the domain XML <disk type='nvme'> or <hostdev>",
    };
  },
});

/** QEMU opens the host's device file of a whole namespace, by its own name or by one that leads there (/dev/disk/by-id). */
function opensNvme({ facts }: FindingInput): boolean {
  if (/[=:]\/dev\/nvme\d+n\d+(?=[,\s\0]|$)/.test(facts.qemuCommandLine ?? '')) return true;
  const ofGuest = facts.notes?.find((note) => /^disk of the guest: .* on \/dev\//.test(note));
  const ofHost = facts.notes?.find((note) => /^on the host: disk nvme\d+n\d+ \(.*, driver nvme,/.test(note));
  // A name that leads to a partition says so.
  return ofGuest !== undefined && ofHost !== undefined && !/part\d+$/.test(ofGuest);
}

function present({ breakdown }: FindingInput, ids: readonly string[]): string {
  return breakdown.stages
    .filter(({ id }) => id.split('+').every((part) => ids.includes(part)))
    .map(({ id }) => id)
    .join(', ');
}
