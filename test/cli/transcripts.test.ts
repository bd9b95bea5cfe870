import { describe, expect, it } from 'vitest';
import { ROOT, runCli, transcript } from './run-cli.ts';

const GOLDEN = `${ROOT}test/golden/cli`;
const sample = (name: string) => `samples/${name}.iotrace.zip`;

/** Page → command line. A page is named after its command line. */
const PAGES: Record<string, readonly string[]> = {
  help: ['--help'],
  'no-command': [],
  'no-such-command': ['frobnicate'],
  'no-such-option': ['report', '--fast', sample('virtio-blk-iothread')],
  'ls-help': ['ls', '--help'],
  'doctor-help': ['doctor', '--help'],
  'doctor-path-unknown': ['doctor', '--path', 'virtio-scsi'],
  'record-help': ['record', '--help'],
  'demo-help': ['demo', '--help'],
  'share-help': ['share', '--help'],
  'share-dry-run': ['share', '--dry-run', sample('virtio-blk-iothread')],
  'share-size': ['share', '--max-size', 'small', sample('virtio-blk-iothread')],
  'export-help': ['export', '--help'],
  'report-help': ['report', '--help'],
  'import-help': ['import', '--help'],
  'explain-help': ['explain', '--help'],
  report: ['report', sample('virtio-blk-iothread')],
  'report-markdown': ['report', '-f', 'markdown', sample('virtio-blk-iothread')],
  'report-local-disk': ['report', sample('local-block-device')],
  'report-cross-node': ['report', sample('virtio-blk-iothread-cross-node')],
  'report-polling': ['report', sample('virtio-blk-iothread-polling')],
  'report-lost-events': ['report', sample('virtio-blk-iothread-bpftrace')],
  'report-two-bundles': ['report', sample('bare-metal-nvme'), sample('bare-metal-nvme-iopoll')],
  'report-min-grade': ['report', '--min-grade', 'A', sample('bare-metal-nvme')],
  'report-path-unknown': ['report', '--path', 'virtio-scsi', sample('bare-metal-nvme')],
  'report-format-unknown': ['report', '-f', 'pdf', sample('bare-metal-nvme')],
  'report-html-of-two': ['report', '-f', 'html', sample('bare-metal-nvme'), sample('bare-metal-nvme-iopoll')],
  'report-no-bundle': ['report'],
  'report-png-to-nowhere': ['report', '-f', 'png', sample('bare-metal-nvme')],
  'diff-help': ['diff', '--help'],
  'diff-one-side': ['diff', sample('bare-metal-nvme')],
  diff: ['diff', sample('bare-metal-nvme'), sample('vfio-pci-nvme')],
  'diff-markdown': ['diff', '-f', 'markdown', sample('bare-metal-nvme'), sample('bare-metal-nvme-iopoll')],
  'tune-help': ['tune', '--help'],
  'tune-cross-node': [
    'tune',
    sample('virtio-blk-iothread-cross-node'),
    '--xml',
    'test/fixtures/talk-configs/file-iothread-nopolling-haltpoll.xml',
  ],
  'tune-disk-unknown': [
    'tune',
    sample('virtio-blk-main-loop'),
    '--xml',
    'test/fixtures/talk-configs/file-noiothread-nopolling-haltpoll.xml',
    '--disk',
    'vdc',
  ],
  'import-nothing': ['import', '-o', 'nothing.iotrace.zip'],
  explain: ['explain'],
  'explain-path': ['explain', 'virtio-blk-iothread'],
  'explain-stage': ['explain', 'iothread-wakeup'],
  'explain-merged-stage': ['explain', 'guest-kick+kick-exit'],
  'explain-point': ['explain', 'kvm:ioeventfd'],
  'explain-finding': ['explain', 'iothread-node'],
  'explain-unknown': ['explain', 'kvm:teleport'],
};

describe('what a user types and reads', () => {
  it.each(Object.entries(PAGES))('%s', { timeout: 60_000 }, async (page, args) => {
    const run = await runCli(args);
    await expect(transcript(args, run)).toMatchFileSnapshot(`${GOLDEN}/${page}.md`);
  });
});
