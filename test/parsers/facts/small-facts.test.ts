import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseClockPairs } from '../../../parsers/facts/clock-pairs.ts';
import { findCommandLine } from '../../../parsers/facts/command-line.ts';
import { parseConsole } from '../../../parsers/facts/console-notes.ts';
import { parseEventfds } from '../../../parsers/facts/eventfds.ts';
import { movedInterrupts, parseInterrupts } from '../../../parsers/facts/interrupts.ts';
import { kvmStatDeltas, readKvmStats } from '../../../parsers/facts/kvm-stats.ts';
import { parseNumaMaps } from '../../../parsers/facts/numa-maps.ts';
import { parseCpuList, parseLscpu, readDriveNode, readNodeCpus } from '../../../parsers/facts/numa-nodes.ts';
import { parsePathValues, sniffPathValues } from '../../../parsers/facts/path-values.ts';
import { parseThreads } from '../../../parsers/facts/threads.ts';
import { readTscOffsets } from '../../../parsers/facts/tsc-offset.ts';

describe('sysfs settings', () => {
  it('splits at the right colon', () => {
    const [setting] = parsePathValues('/sys/devices/pci0000:20/0000:21:00.0/nvme/nvme0/numa_node:0\n');
    expect(setting).toEqual({
      line: 1,
      path: '/sys/devices/pci0000:20/0000:21:00.0/nvme/nvme0/numa_node',
      value: '0',
    });
    expect(sniffPathValues('/sys/a/b:1\nhello\n')).toBe(false);
  });
});

describe('TSC offsets', () => {
  const read = (text: string) => readTscOffsets(parsePathValues(text));
  const vcpu = (name: string) => `/sys/kernel/debug/kvm/8621-14/${name}`;

  it('reads several vCPUs, 64 bits', () => {
    const text = `${vcpu('vcpu1/tsc-offset')}:-9223372036854775808\n${vcpu('vcpu0/tsc-offset')}:-3159668617931\n`;
    expect(read(text).data).toEqual([
      { vcpu: 0, offset: -3159668617931n },
      { vcpu: 1, offset: -9223372036854775808n },
    ]);
  });

  it.each([
    ['two machines', '/sys/kernel/debug/kvm/1-2/vcpu0/tsc-offset:5\n', /several virtual machines/],
    [
      'a scaled TSC',
      `${vcpu('vcpu0/tsc-scaling-ratio')}:3\n${vcpu('vcpu0/tsc-scaling-ratio-frac-bits')}:48\n`,
      /scaled/,
    ],
    ['a ratio alone', `${vcpu('vcpu0/tsc-scaling-ratio')}:3\n`, /fraction bits/],
    ['two offsets of one vCPU', `${vcpu('vcpu0/tsc-offset')}:6\n`, /two TSC offsets/],
  ])('gives none for %s', (_, more, reason) => {
    const { data, problems } = read(`${vcpu('vcpu0/tsc-offset')}:5\n${more}`);
    expect(data).toEqual([]);
    expect(problems.at(-1)?.reason).toMatch(reason);
  });

  it('accepts a scaling ratio of one', () => {
    const one = `${vcpu('vcpu0/tsc-scaling-ratio')}:281474976710656\n${vcpu('vcpu0/tsc-scaling-ratio-frac-bits')}:48\n`;
    expect(read(`${vcpu('vcpu0/tsc-offset')}:5\n${one}`).data).toHaveLength(1);
  });
});

describe('KVM statistics', () => {
  const read = (text: string) => readKvmStats(parsePathValues(text)).data!;
  it('names a counter that fell, and two different machines', () => {
    const before = read('/sys/kernel/debug/kvm/1-2/exits:10\n/sys/kernel/debug/kvm/1-2/io_exits:4\n');
    const after = read('/sys/kernel/debug/kvm/1-2/exits:9\n/sys/kernel/debug/kvm/1-2/io_exits:6\n');
    expect(kvmStatDeltas(before, after)).toMatchObject({
      data: { io_exits: 2 },
      problems: [{ reason: 'exits fell from 10 to 9' }],
    });
    const other = read('/sys/kernel/debug/kvm/3-4/exits:19\n');
    expect(kvmStatDeltas(before, other).data).toEqual({});
  });
});

describe('lists of lines', () => {
  it('threads: names with blanks, an owner, bad lines', () => {
    const { data, problems } = parseThreads(
      'qsd tid 2815 qemu-storage-da\ntid x y\nqsd tid 2820 CPU 0/KVM\n',
    );
    expect(data).toEqual({
      owner: 'qsd',
      threads: [
        { tid: 2815, name: 'qemu-storage-da' },
        { tid: 2820, name: 'CPU 0/KVM' },
      ],
    });
    expect(problems).toMatchObject([{ line: 2 }]);
  });

  it('eventfds and clock pairs name the bad line', () => {
    expect(parseEventfds('fd 10 eventfd-id 4\nfd ten\n').problems).toMatchObject([{ line: 2 }]);
    const pairs = parseClockPairs(
      'real 1795347575030308574 tsc 9007199254740993 width 104\nsun 1 tsc 2 width 3\n',
    );
    expect(pairs.data).toEqual([
      { clock: 'realtime', ns: 1795347575030308574n, tsc: 9007199254740993n, widthTicks: 104 },
    ]);
    expect(pairs.problems).toMatchObject([{ line: 2, reason: 'a clock of an unknown name' }]);
  });

  it('console: settings only, made printable', () => {
    const text =
      'x\ncpuidle driver=haltpoll gov=menu\n[    1.2] nvme nvme0: 1/0/1 default/read/poll queues\u001b[0m\n';
    expect(parseConsole(text)).toEqual([
      'cpuidle driver=haltpoll gov=menu',
      '[    1.2] nvme nvme0: 1/0/1 default/read/poll queues [0m',
    ]);
  });
});

describe('command lines', () => {
  it.each([
    ['A= B=-m cfg.sh x -- y\nqemu-system-x86_64 -m 512 \n', 'qemu', 'qemu-system-x86_64 -m 512'],
    ['PIN=1 taskset -c 0-2 /usr/libexec/qemu-kvm -m 1', 'qemu', '/usr/libexec/qemu-kvm -m 1'],
    ['qemu-system-x86_64 \\\n  -m 512 \\\n -smp 1\n', 'qemu', 'qemu-system-x86_64    -m 512   -smp 1'],
    [
      '/usr/bin/qemu-system-x86_64\0-name\0a b\0-m\x001\0',
      'qemu',
      "/usr/bin/qemu-system-x86_64 -name 'a b' -m 1",
    ],
    [
      'qemu-storage-daemon --object iothread,id=io0',
      'daemon',
      'qemu-storage-daemon --object iothread,id=io0',
    ],
  ])('%j', (text, of, expected) => {
    expect(findCommandLine(text)).toEqual({ of, text: expected });
  });

  it('is not taken from prose', () => {
    expect(findCommandLine('we ran qemu-system-x86_64 -m 1')).toBeUndefined();
    expect(findCommandLine('```\nqemu-system-x86_64 -m 1\n```')).toBeUndefined();
  });

  it('takes no time on text made to cost it', () => {
    expect(findCommandLine('\n'.repeat(200_000))).toBeUndefined();
    expect(findCommandLine(`taskset ${'-a '.repeat(80_000)}`)).toBeUndefined();
    expect(findCommandLine('A= '.repeat(80_000))).toBeUndefined();
  });
});

describe('interrupts', () => {
  it('sums CPUs, tells rows of one name apart, skips a broken row', () => {
    const text = (count: number) =>
      `           CPU0       CPU1
 25:          0          ${count}  IR-PCI-MSI 33554432-edge      PCIe PME, aerdrv
 26:          1          0  IR-PCI-MSI 16777216-edge      PCIe PME, aerdrv
 27:          ${count}          1
 30:          1          x          2  broken
ERR:          0
PIN:          ${count}          2   Posted-interrupt notification event
`;
    const before = parseInterrupts(text(1));
    expect(before.problems).toMatchObject([{ line: 5, reason: 'not a row of /proc/interrupts' }]);
    expect([...before.data.values()].map(({ name }) => name)).toEqual([
      'PCIe PME, aerdrv',
      'PCIe PME, aerdrv (irq 26)',
      'irq 27',
      'ERR',
      'PIN',
    ]);
    expect(movedInterrupts(before.data, parseInterrupts(text(7)).data)).toEqual([
      { name: 'PCIe PME, aerdrv', before: 1, after: 7 },
      { name: 'irq 27', before: 2, after: 8 },
      { name: 'PIN', before: 3, after: 9 },
    ]);
  });
});

describe('NUMA', () => {
  it('counts pages of numa_maps in 4 KiB, huge pages too', () => {
    const text = readFileSync(new URL('../../fixtures/facts/numa_maps', import.meta.url), 'utf8');
    const huge = '7f0000000000 bind:0 file=/dev/hugepages anon=2 N0=2 kernelpagesize_kB=2048\n';
    const recorded = parseNumaMaps(text).data;
    const both = parseNumaMaps(text + huge).data;
    expect(recorded.find(({ node }) => node === 1)?.pages).toBeGreaterThan(1007 + 1265 + 391 - 1);
    const on0 = (data: typeof recorded) => data.find(({ node }) => node === 0)?.pages ?? 0;
    expect(on0(both) - on0(recorded)).toBe(1024);
  });

  it('reads CPU lists, lscpu -p, and the drive node only when it is one', () => {
    expect(parseCpuList('0-2,5')).toEqual([0, 1, 2, 5]);
    expect(parseCpuList('')).toEqual([]);
    expect(parseCpuList('3-1')).toBeUndefined();
    expect(parseCpuList('0-99999')).toBeUndefined();
    expect(readNodeCpus(parsePathValues('node1/cpulist: 4-5\n')).data).toEqual([{ node: 1, cpus: [4, 5] }]);
    expect(parseLscpu('# comment\n# CPU,Node\n0,0\n1,1\n2,0\n').data).toEqual([
      { node: 0, cpus: [0, 2] },
      { node: 1, cpus: [1] },
    ]);
    const drives = '/sys/block/nvme0n1/device/numa_node:0\n/sys/block/nvme1n1/device/numa_node:1\n';
    expect(readDriveNode(parsePathValues(drives))).toMatchObject({
      data: undefined,
      problems: [{ line: 0 }],
    });
    expect(readDriveNode(parsePathValues('/sys/block/nvme0n1/device/numa_node:-1\n')).data).toBe(-1);
  });
});
