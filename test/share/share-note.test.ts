import { describe, expect, it } from 'vitest';
import { Pseudonyms } from '../../src/share/pseudonyms.ts';
import { shareNote } from '../../src/share/share-note.ts';

describe('a note in a copy for strangers', () => {
  it.each([
    ['kernel 6.12.43-builder.example.com', 'kernel 6.12.43'],
    ['on the host: kernel 6.1.0-47-cloud-amd64', 'on the host: kernel 6.1.0'],
    ['in the guest: kernel 6.1.0-47-secret', 'in the guest: kernel 6.1.0'],
  ])('has the kernel’s version alone: %s', (note, shared) => {
    expect(shareNote(note, new Pseudonyms())).toBe(shared);
  });

  it.each([
    [
      'disk of the guest: virtio-blk, IOThread payroll, linux-aio on /dev/disk/by-id/payroll-part3',
      'disk of the guest: virtio-blk, IOThread id1, linux-aio on /dev/path1-part3',
    ],
    [
      'disk of the guest: virtio-blk, main loop, qcow2 in io_uring through the page cache on /srv/payroll.qcow2',
      'disk of the guest: virtio-blk, main loop, qcow2 in io_uring through the page cache on /path1',
    ],
    ['IOThread payroll: poll-max-ns 32768', 'IOThread id1: poll-max-ns 32768'],
    ['thread 42 IO payroll may run on CPUs 0-3', 'thread 42 IO id1 may run on CPUs 0-3'],
    ['thread 42 payroll may run on CPUs 0,2', 'thread 42 thread1 may run on CPUs 0,2'],
  ])('has its names replaced: %s', (note, shared) => {
    expect(shareNote(note, new Pseudonyms())).toBe(shared);
  });

  it('is left out when a word of it is not known, with a reason that reads well for one and for several', () => {
    const names = new Pseudonyms();
    for (const note of ['in the guest: kernel of mine 6.1', 'secret 1'])
      expect(shareNote(note, names)).toBeUndefined();
    expect(names.dropped().map(({ why }) => why)).toEqual([
      'not known to be harmless',
      'not known to be harmless',
    ]);
  });
});
