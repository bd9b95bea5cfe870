import { describe, expect, it } from 'vitest';
import { settingDifferences } from '../../src/diff/settings.ts';

type Runs = Parameters<typeof settingDifferences>[0];

const runs = (...environment: readonly (readonly [name: string, value: string])[]) =>
  [{ model: { environment: environment.map(([name, value]) => ({ name, value })) } }] as unknown as Runs;

describe('settings that differ', () => {
  it('are told word by word of a command line', () => {
    const a = runs(['QEMU', 'qemu-system-x86_64 -m 4G -object iothread,id=io0,poll-max-ns=0']);
    const b = runs(['QEMU', 'qemu-system-x86_64 -m 4G -object iothread,id=io0']);
    expect(settingDifferences(a, b)).toEqual([
      {
        name: 'QEMU',
        a: '-object iothread,id=io0,poll-max-ns=0',
        b: '-object iothread,id=io0',
        refuses: false,
      },
    ]);
  });

  it('are neither counts of what happened nor numbers of threads', () => {
    const of = (count: number) =>
      runs(
        ['host', `disk statistics before: ${count} 0 8`],
        ['host', `disk statistics after: ${count + 5} 0 8`],
        ['host', `thread ${count} CPU 0/KVM may run on CPUs 0-1`],
        ['KVM', `halt_exits: ${count}`],
      );
    expect(settingDifferences(of(10), of(20))).toEqual([]);
  });

  it('are where a thread may run', () => {
    const of = (cpus: string) => runs(['host', `thread 10 CPU 0/KVM may run on CPUs ${cpus}`]);
    expect(settingDifferences(of('0-1'), of('2'))).toHaveLength(1);
  });
});
