import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFactsFolder } from '../../../parsers/facts/facts-folder.ts';

function folder(name: string): { name: string; text: string }[] {
  const url = new URL(`../../fixtures/facts/${name}/`, import.meta.url);
  return readdirSync(url).map((file) => ({ name: file, text: readFileSync(new URL(file, url), 'utf8') }));
}

const recorded = readFactsFolder(folder('unvme-fastpath'));

describe('a recorded facts folder', () => {
  it('is understood whole', () => {
    expect(recorded.notUnderstood).toEqual([]);
    expect(recorded.problems).toEqual([]);
  });

  it('gives command line, threads, eventfds and TSC offset', () => {
    const { facts } = recorded;
    expect(facts.qemuCommandLine).toMatch(/^qemu-system-x86_64 -name unvme-fastpath,.*num-queues=1$/);
    expect(facts.qemuThreads).toContainEqual({ tid: 1495, name: 'IO io0' });
    expect(facts.qemuThreads).toHaveLength(5);
    expect(facts.qemuEventfds).toContainEqual({ fd: 10, id: 4 });
    expect(facts.tscOffsets).toEqual([{ vcpu: 0, offset: -806983232645n }]);
    expect(facts.daemonThreads).toBeUndefined();
  });

  it('gives only the interrupts that moved, for each side', () => {
    expect(recorded.facts.guestInterrupts).toContainEqual({ name: 'virtio1-req.0', before: 23, after: 523 });
    expect(recorded.facts.guestInterrupts?.map(({ name }) => name)).not.toContain('virtio1-config');
    const host = recorded.facts.hostInterrupts?.map(({ name }) => name);
    expect(host).toContain('virtio2-requests');
    expect(host).not.toContain('vfio-msix[0](0000:21:00.0)'); // polled: the drive's interrupt did not fire
  });

  it('gives what KVM counted between the readings, and the guest settings', () => {
    expect(recorded.facts.kvmStats).toEqual({
      exits: 65103 - 61233,
      mmio_exits: 0,
      io_exits: 53406 - 53268,
      halt_exits: 1091 - 249,
      irq_injections: 2548 - 1334,
    });
    expect(recorded.facts.notes?.some((note) => note.startsWith('cpuidle driver=none'))).toBe(true);
    expect(recorded.facts.notes?.some((note) => note.includes('qd1'))).toBe(false);
  });
});

describe('sides and orders', () => {
  it("takes a daemon's files by their content or name", () => {
    const { facts, notUnderstood } = readFactsFolder(folder('spdk-nvme'));
    expect(notUnderstood).toEqual([]);
    expect(facts.daemonCommandLine).toMatch(/^\/opt\/spdk\/bin\/vhost -m 0x8 /);
    expect(facts.daemonThreads?.[0]).toEqual({ tid: 2240, name: 'reactor_3' });
    expect(facts.daemonEventfds).toContainEqual({ fd: 210, id: 9 });
    expect(facts.qemuEventfds).toBeUndefined();
    expect(facts.hostClockPairs?.[0]).toMatchObject({ clock: 'mono', widthTicks: expect.any(Number) });
    expect(facts.hostClockPairs?.[2]?.clock).toBe('realtime');
  });

  it('calls unnamed interrupts the host’s where nothing speaks of a guest', () => {
    const both = folder('unvme-fastpath').filter(({ name }) => /^int[01]$/.test(name));
    const { facts } = readFactsFolder(both);
    expect(facts.guestInterrupts).toBeUndefined();
    expect(facts.hostInterrupts).toContainEqual({ name: 'virtio1-req.0', before: 23, after: 523 });
  });

  it('does not guess when the other reading is missing or empty', () => {
    const files = folder('unvme-fastpath').map((file) =>
      file.name === 'kvmstat1' ? { ...file, text: '' } : file,
    );
    const { facts, notUnderstood, problems } = readFactsFolder(files);
    expect(facts.kvmStats).toBeUndefined();
    expect(notUnderstood).toEqual([{ name: 'kvmstat1', reason: 'empty' }]);
    expect(problems).toEqual([
      {
        name: '',
        line: 0,
        severity: 'warning',
        reason: 'KVM statistics were read only before: no difference',
      },
    ]);
  });

  it('keeps the first of two answers and says so; names do not decide what a file is', () => {
    const { facts, problems } = readFactsFolder([
      { name: 'cmdline', text: 'tid 5 IO io0\n' },
      { name: 'threads', text: 'tid 6 IO io1\n' },
    ]);
    expect(facts.qemuThreads).toEqual([{ tid: 5, name: 'IO io0' }]);
    expect(problems[0]).toMatchObject({
      name: 'threads',
      reason: 'qemuThreads is already known from cmdline',
    });
  });
});

describe('facts of other origins', () => {
  it('reads sysfs settings, lscpu and facts.json', () => {
    const { facts } = readFactsFolder([
      {
        name: 'a',
        text: '/sys/devices/system/node/node0/cpulist:0-1\n/sys/devices/system/node/node1/cpulist:2,3\n',
      },
      {
        name: 'b',
        text: '/sys/bus/pci/devices/0000:a1:00.0/numa_node:1\n/sys/block/nvme0n1/queue/io_poll:1\n',
      },
      { name: 'c', text: '{"iotraceFacts": 1, "tscOffsets": [{"vcpu": 0, "offset": "-9007199254740993"}]}' },
    ]);
    expect(facts.hostNodes).toEqual([
      { node: 0, cpus: [0, 1] },
      { node: 1, cpus: [2, 3] },
    ]);
    expect(facts.driveNode).toBe(1);
    expect(facts.notes).toEqual(['/sys/block/nvme0n1/queue/io_poll = 1']);
    expect(facts.tscOffsets).toEqual([{ vcpu: 0, offset: -9007199254740993n }]);
  });

  it('lists what it does not understand', () => {
    const { facts, notUnderstood, problems } = readFactsFolder([
      { name: 'README.md', text: '# x\n```\nqemu-system-x86_64 -name x\n```\n' },
      { name: 'facts.json', text: '{"iotraceFacts": 1, "surprise": 2}' },
      { name: 'qd1.txt', text: '0 8 1 2 3 4\n' },
      { name: 'big', text: 'tid 1 x\n'.repeat(600_000) },
    ]);
    expect(facts).toEqual({});
    expect(notUnderstood.map(({ name }) => name)).toEqual(['README.md', 'big', 'qd1.txt']);
    expect(problems[0]).toMatchObject({ name: 'facts.json', severity: 'error' });
    expect(problems[0]?.reason).toContain('surprise');
  });
});
