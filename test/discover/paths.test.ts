/** Paths told from the command lines of real recordings, held against the path each recording's trace shows. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { qemuDisks } from '../../parsers/facts/qemu-disks.ts';
import { parseQemuOptions } from '../../parsers/facts/qemu-options.ts';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { candidatePaths } from '../../src/discover/disk-paths.ts';
import type { Daemon } from '../../src/discover/guest.ts';
import { IO_PATHS } from '../../src/paths/index.ts';
import { ROOT } from '../cli/run-cli.ts';
import { shellWords } from '../support/shell-words.ts';

const SAMPLES = readdirSync(`${ROOT}samples`).filter((name) => name.endsWith('.iotrace.zip'));

/** What a sample is of is the beginning of its name; the rest of the name says how it was recorded. */
const pathOf = (sample: string) =>
  IO_PATHS.map(({ name }) => name)
    .filter((name) => sample.startsWith(name))
    .sort((a, b) => b.length - a.length)[0];

async function commandLines(sample: string) {
  const bundle = await openBundle(`${ROOT}samples/${sample}`);
  await bundle.close();
  return bundle.manifest.facts;
}

describe('the configured path', () => {
  it.each(SAMPLES)('of %s is among the candidates', async (sample) => {
    const { qemuCommandLine, daemonCommandLine } = await commandLines(sample);
    if (qemuCommandLine === undefined) return; // a machine's own disk
    const disks = qemuDisks(parseQemuOptions(shellWords(qemuCommandLine)));
    const program = shellWords(daemonCommandLine ?? '').find((word) => !word.includes('='));
    const daemon = program === undefined ? null : ({ program, backend: null } as Daemon);
    const candidates = disks.map((disk) =>
      candidatePaths({ ...disk, queues: disk.queues ?? null, drive: null, daemon }),
    );
    expect(
      candidates.some((paths) => paths.includes(pathOf(sample)!)),
      qemuCommandLine,
    ).toBe(true);
  });

  it('is one that iotrace knows', () => {
    const known = new Set(IO_PATHS.map(({ name }) => name));
    const backends = ['host-device', 'file', 'nvme-userspace', 'vhost-user', 'vfio', 'other'] as const;
    for (const kind of backends)
      for (const iothreads of [[], ['io0']]) {
        const backend = { kind } as Parameters<typeof candidatePaths>[0]['backend'];
        const setup = { device: 'virtio-blk-pci', backend, iothreads, queues: 2, drive: null, daemon: null };
        expect(candidatePaths(setup).filter((path) => !known.has(path))).toEqual([]);
      }
  });
});
