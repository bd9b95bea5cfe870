/** Which findings each real recording shows. The list is the review: a finding that appears or goes has to be looked at. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { FINDINGS } from '../../src/findings/index.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import type { RecordingFacts } from '../../src/trace/recording.ts';

const FOLDER = new URL('../../samples/', import.meta.url);

/** By sample, what is to be found there. A sample that is not here shows nothing. */
const SHOWN: Record<string, readonly string[]> = {
  'vfio-pci-nvme': ['guest-scheduler', 'vcpu-halts'],
  'vhost-user-blk-qsd': ['vcpu-halts'],
  'vhost-user-blk-qsd-nvme': ['interrupt-node', 'drive-node', 'vcpu-halts'],
  'virtio-blk-iothread-host-only': ['shorter-path'],
  'vhost-user-blk-spdk-aio': ['vcpu-halts'],
  'vhost-user-blk-spdk': ['vcpu-halts'],
  'virtio-blk-iopoll': ['shorter-path'],
  'virtio-blk-iothread-bpftrace-maps': ['not-pinned', 'vcpu-halts', 'shorter-path'],
  'virtio-blk-iothread-bpftrace': ['not-pinned', 'kick-while-polling', 'poll-window', 'shorter-path'],
  'virtio-blk-iothread-cross-node': [
    'iothread-node',
    'memory-node',
    'kick-while-polling',
    'poll-window',
    'shorter-path',
  ],
  'virtio-blk-iothread-io-uring': ['vcpu-halts', 'shorter-path'],
  'virtio-blk-iothread-multiqueue': ['poll-window', 'shorter-path'],
  'virtio-blk-iothread-perf': ['vcpu-halts', 'shorter-path'],
  'virtio-blk-iothread-polling': ['vcpu-halts', 'shorter-path'],
  'virtio-blk-iothread-x86-tsc': ['poll-window', 'vcpu-halts', 'shorter-path'],
  'virtio-blk-iothread': ['shorter-path'],
  'virtio-blk-main-loop': ['main-loop', 'shorter-path'],
  'virtio-blk-userspace-nvme-fastpath': ['not-pinned', 'poll-window', 'vcpu-halts'],
  'virtio-blk-userspace-nvme-pollqueue': ['kick-while-polling', 'poll-window'],
  'virtio-blk-userspace-nvme-qemu-log': ['poll-burn'],
  'virtio-blk-userspace-nvme': ['vcpu-halts'],
};

async function findingsOf(sample: string, more: RecordingFacts = {}): Promise<ReportModel['findings']> {
  const file = fileURLToPath(new URL(`${sample}.iotrace.zip`, FOLDER));
  const { recording, title } = await openRecording(file, undefined, () => undefined);
  const facts = { ...recording.facts, ...more };
  const report = analyze({ ...recording, facts }, { version: '0', title });
  if ('failure' in report) throw new Error(report.failure);
  return report.findings;
}

const samples = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.iotrace.zip'))
  .map((name) => name.replace('.iotrace.zip', ''));

describe.each(samples)('%s', { timeout: 60_000 }, (sample) => {
  it('shows what it shows, each with evidence, confidence and a fix', async () => {
    const found = await findingsOf(sample);
    expect(found.map(({ id }) => id)).toEqual(SHOWN[sample] ?? []);
    for (const { evidence, gain, fix, id } of found) {
      expect(evidence).toMatch(/\d/);
      expect(fix.length).toBeGreaterThan(20);
      expect(FINDINGS.some((finding) => finding.id === id)).toBe(true);
      if (gain === null) continue;
      expect(gain.share).toBeGreaterThan(0);
      expect(gain.share).toBeLessThanOrEqual(1);
      expect(gain.caveat).toMatch(/emulated/);
    }
  });
});

describe('the recording across nodes', { timeout: 60_000 }, () => {
  const sample = 'virtio-blk-iothread-cross-node';

  it('names the nodes, the hops and the pinning that ends them', async () => {
    const found = (await findingsOf(sample)).find(({ id }) => id === 'iothread-node')!;
    expect(found.evidence).toContain('the vCPU ran on node 0, the back-end thread (tid 5299) on node 1');
    expect(found.evidence).toContain('1.48 hops a request');
    // The vCPU is the one that is away: IOThread, drive interrupt and 96 % of the memory are on node 1.
    expect(found.fix).toContain('pin both to node 1: taskset -p -c 2-3 TID for each vCPU thread 5301');
    expect(found.confidence).toBe('medium');
  });

  it('is not found with all CPUs on one node, and not guessed without nodes', async () => {
    const one = [{ node: 0, cpus: [0, 1, 2, 3] }];
    for (const hostNodes of [one, undefined]) {
      const ids = (await findingsOf(sample, { hostNodes })).map(({ id }) => id);
      expect(ids).not.toContain('iothread-node');
      expect(ids).not.toContain('drive-node');
    }
  });

  it('finds the threads off the drive’s node once that is known, and says nothing when it is -1', async () => {
    const away = (await findingsOf(sample, { driveNode: 0 })).find(({ id }) => id === 'drive-node')!;
    expect(away.evidence).toContain('back-end thread on node 1');
    expect(away.evidence).not.toContain('vCPU on node');
    const unknown = await findingsOf(sample, { driveNode: -1 });
    expect(unknown.map(({ id }) => id)).not.toContain('drive-node');
  });

  it('knows of no back-end thread behind an assigned device: its interrupt wakes the vCPU', async () => {
    // Handled on CPU 1, the vCPU on CPUs 2 and 3.
    const nodes = (split: number) => [
      { node: 0, cpus: [0, 1, 2, 3].filter((cpu) => cpu < split) },
      { node: 1, cpus: [0, 1, 2, 3].filter((cpu) => cpu >= split) },
    ];
    const apart = await findingsOf('vfio-pci-nvme', { hostNodes: nodes(2) });
    const found = apart.find(({ id }) => id === 'interrupt-node')!;
    expect(found.evidence).toContain('on node 0, the vCPU it wakes ran on node 1; 1.00 hops a request');
    expect(apart.map(({ id }) => id)).not.toContain('iothread-node');
    const together = await findingsOf('vfio-pci-nvme', { hostNodes: nodes(4) });
    expect(together.map(({ id }) => id)).not.toContain('interrupt-node');
  });

  it('finds the memory only where most of it is away from the vCPU', async () => {
    const near = [
      { node: 0, pages: 54_870 },
      { node: 1, pages: 2554 },
    ];
    const ids = (await findingsOf(sample, { memoryPagesByNode: near })).map(({ id }) => id);
    expect(ids).not.toContain('memory-node');
  });
});
