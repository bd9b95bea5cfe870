/** What the doctor counts as a sight of a completion depends on the engine the disk's requests go through. */
import { describe, expect, it } from 'vitest';
import { wantedOf } from '../../src/capture/doctor/wanted-of-path.ts';
import type { GuestDisk } from '../../src/discover/guest.ts';
import { pathByName } from '../../src/paths/index.ts';

const DRIVE = {
  name: 'nvme0n1',
  major: 259,
  minor: 0,
  partitions: [],
  slaves: [],
  driver: 'nvme',
  parent: '',
};

/** Events of io_uring that are wanted on the host for a disk with this engine. */
function ofRing(aio: string): string[] {
  const disk = {
    backend: { kind: 'host-device', aio },
    drive: { name: 'nvme0n1', interrupts: [] },
  } as unknown as GuestDisk;
  return wantedOf(pathByName('virtio-blk-iothread')!, disk, undefined, [DRIVE]).host.flatMap((point) =>
    point.kind === 'tracepoint' && point.system === 'io_uring' ? point.names : [],
  );
}

describe('a completion, for the doctor', () => {
  it('is none of io_uring where the disk has another engine', () => {
    expect(ofRing('native')).toEqual([]);
    expect(ofRing('threads')).toEqual([]);
  });

  it('may be one of io_uring where that is its engine, or nothing says which', () => {
    expect(ofRing('io_uring')).toEqual(['io_uring_complete']);
    expect(ofRing('')).toEqual(['io_uring_complete']);
  });
});
