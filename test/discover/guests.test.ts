import { describe, expect, it } from 'vitest';
import { discoverGuests } from '../../src/discover/discover.ts';
import { NOTHING } from '../../src/discover/monitor.ts';
import { machinePicture } from '../support/machine-picture.ts';

/** Three real processes: two QEMUs under TCG and the storage daemon of the second. */
const PICTURE = 'tcg-guests.json';

/** Their monitors are gone, and another guest of this machine may listen there now. */
const nobody = async () => ({ state: 'busy' as const, note: '', answers: NOTHING });

describe('running guests', async () => {
  const guests = await discoverGuests(machinePicture(PICTURE), nobody);
  const [first, second] = guests;

  it('are found by what their processes run; a storage daemon is none', () => {
    expect(guests.map(({ name, program, accelerator }) => [name, program, accelerator])).toEqual([
      ['vm1', 'qemu-system-x86_64', 'tcg'],
      ['', 'qemu-system-x86_64', 'tcg'],
    ]);
  });

  it('have their vCPUs and IOThreads named by their threads; of an id too long for a thread’s name it is said', () => {
    const named = first!.threads.filter(({ role }) => role === 'vcpu' || role === 'iothread');
    expect(named.map(({ name, role, id }) => [name, role, id])).toEqual([
      ['IO io0', 'iothread', 'io0'],
      ['CPU 0/TCG', 'vcpu', '0'],
      ['CPU 1/TCG', 'vcpu', '1'],
    ]);
    expect(first!.iothreads.map(({ id, pollMaxNs, tid }) => [id, pollMaxNs, tid])).toEqual([
      ['io0', 0, named[0]!.tid],
      ['iothread-of-vdb', null, null],
    ]);
    expect(first!.notes.join()).toContain('iothread-of-vdb');
  });

  it('without debug-threads keep their threads unnamed, and say so', () => {
    expect(second!.threads.map(({ role }) => role).filter((role) => role !== 'main')).not.toContain('vcpu');
    expect(second!.notes.join()).toContain('debug-threads');
    expect(second!.iothreads).toEqual([{ id: 'spare', tid: null, pollMaxNs: null }]);
  });

  it('know which of their threads are pinned, and to which node', () => {
    expect(first!.threads.every(({ pinned, allowedCpus }) => !pinned && allowedCpus === '0-1')).toBe(true);
    expect(second!.threads[0]).toMatchObject({ pinned: true, allowedCpus: '1', nodes: [0], lastCpu: 1 });
  });

  it('have their disks with host device, file and daemon', () => {
    expect(first!.disks.map(({ id, summary, paths }) => [id, summary, paths[0]])).toEqual([
      ['vda', 'virtio-blk, IOThread io0, linux-aio on /dev/loop0', 'virtio-blk-iothread-multiqueue'],
      [
        'vdb',
        'virtio-blk, IOThread iothread-of-vdb, qcow2 in io_uring on /srv/vm/b.qcow2 (file on vda)',
        'virtio-blk-iothread',
      ],
      [
        'vdc',
        'virtio-blk, main loop, thread pool through the page cache on /srv/vm/d.raw (file on vda)',
        'virtio-blk-main-loop',
      ],
    ]);
    expect(first!.disks[0]!.drive).toMatchObject({ name: 'loop0', number: '7:0', partition: '', driver: '' });
    expect(first!.disks[1]!.drive).toMatchObject({
      name: 'vda',
      driver: 'virtio_blk',
      pciAddress: '0000:00:02.0',
      node: -1,
    });
    expect(first!.disks[1]!.drive!.interrupts.map(({ name }) => name)).toContain('virtio1-req.0');
  });

  it('have the daemon of a vhost-user disk found by who holds its socket', () => {
    const [disk] = second!.disks;
    expect(disk).toMatchObject({
      id: 'vub0',
      queues: 2,
      paths: ['vhost-user-blk-qsd', 'vhost-user-blk-qsd-nvme'],
    });
    expect(disk!.daemon).toMatchObject({
      program: 'qemu-storage-daemon',
      backend: { kind: 'file', filename: '/srv/vm/c.raw', aio: 'native', direct: true },
    });
    expect(disk!.daemon!.threads.length).toBe(3);
    expect(disk!.daemon!.eventfds.length).toBeGreaterThan(5);
    expect(disk!.drive!.name).toBe('vda');
  });

  it('have the ids of their eventfds, each once', () => {
    const ids = first!.eventfds.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(5);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a hostile process', () => {
  const PID = 999999;
  const pretend = (words: readonly string[], exe = '/usr/bin/qemu-system-x86_64') =>
    discoverGuests(
      machinePicture(PICTURE, {
        names: { '/proc': [String(PID)] },
        link: { [`/proc/${PID}/exe`]: exe },
        text: { [`/proc/${PID}/cmdline`]: words.map((word) => `${word}\0`).join('') },
      }),
      nobody,
    );

  it('that only calls itself QEMU is no guest', async () => {
    expect(await pretend(['qemu-system-x86_64', '-name', 'x'], '/usr/bin/sleep')).toEqual([]);
  });

  it('is still QEMU when its package was upgraded under it', async () => {
    expect((await pretend(['qemu'], '/usr/bin/qemu-system-x86_64 (deleted)')).length).toBe(1);
  });

  it.each([
    [
      [
        '-blockdev',
        '{"node-name":"a","driver":"raw","file":"b"}',
        '-blockdev',
        'driver=raw,node-name=b,file=a',
      ],
    ],
    [['-blockdev', `{"node-name":"a","file":${'{"file":'.repeat(5000)}1${'}'.repeat(5000)}}`]],
    [['-blockdev', '{"node-name":"a"']],
    [['-drive', 'id=a,if=none,file=json:{"driver":"nbd"}']],
  ])('with a block graph that leads nowhere has a disk of an unknown kind %#', async (words) => {
    const [guest] = await pretend(['qemu', ...words, '-device', 'virtio-blk-pci,drive=a']);
    expect(guest!.disks.map(({ backend, paths }) => [backend.kind, paths])).toEqual([['other', []]]);
  });

  it('with a pattern for an fdset, or an id that is none, breaks nothing', async () => {
    const words = [
      '-drive',
      'if=virtio,file=/dev/fdset/7',
      '-add-fd',
      'set=7,fd=(((',
      '-device',
      'vfio-pci,host=../../x',
    ];
    const [guest] = await pretend(['qemu', ...words]);
    expect(guest!.disks.map(({ drive }) => drive)).toEqual([null, null]);
    expect(guest!.disks[1]!.backend.pciAddress).toBe('');
  });
});
