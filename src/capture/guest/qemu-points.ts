/**
 * The places inside the program that serves a guest's disk, as data: borders of stages that only it can stamp. Facts: QEMU 5.2
 * to 10.2 (hw/block/virtio-blk.c, block/nvme.c, trace-events; the marks have the names and arguments of trace events),
 * symbols of Debian's 7.2 and 10.0. Entries only.
 */
import type { Guest, GuestDisk } from '../../discover/guest.ts';
import type { PointId } from '../../paths/points.ts';
import { findProgramPoints, type MarkValue, type WantedPlace } from '../programs/find-program-points.ts';
import type { ProgramValue, WantedUprobe } from '../wanted-point.ts';

interface QemuPlace extends WantedPlace {
  readonly point: PointId;
}

/** A place in QEMU that its file does not tell. */
export interface MissingPlace {
  readonly point: PointId;
  /** Functions and marks that would stand for it. */
  readonly names: readonly string[];
}

/** What can be recorded inside the program, and what it hides. */
export interface QemuPoints {
  /** 'qemu-system-x86_64', 'qemu-storage-daemon', or another daemon's name. */
  readonly program: string;
  /** False: the file could not be read as a program. */
  readonly isReadable: boolean;
  readonly points: readonly WantedUprobe[];
  readonly missing: readonly MissingPlace[];
}

const ELEMENT: ProgramValue = { name: 'elem', of: 1, type: 'u64' };
const OFFSET: ProgramValue = { name: 'offset', of: 1, type: 'u64' };

/** The virtqueue's side of QEMU. */
const VIRTIO_BLK: readonly QemuPlace[] = [
  entry('backend:pickup', 'virtio_blk_handle_vq'),
  entry('backend:block', 'blk_aio_preadv', [OFFSET]),
  entry('backend:block', 'blk_aio_pwritev', [OFFSET]),
  {
    point: 'backend:push',
    function: { symbol: 'virtqueue_push', values: [ELEMENT] },
  },
];

/** Where the kernel tells QEMU of the completion. */
const RESUME: readonly QemuPlace[] = [entry('backend:reap', 'aio_co_wake')];

/** The nvme:// driver: every function of it is static, so that only marks or a symbol table show it. */
const NVME: readonly QemuPlace[] = [
  both('nvme:submit', 'nvme_submit_command'),
  both('nvme:doorbell', 'nvme_kick'),
  mark('nvme:complete', 'nvme_complete_command'),
  entry('backend:done', 'virtio_blk_rw_complete'),
];

/** qemu-storage-daemon's vhost-user-blk export. */
const DAEMON: readonly QemuPlace[] = [
  entry('backend:pickup', 'vu_queue_pop'),
  entry('backend:parsed', 'virtio_blk_process_req'),
  entry('backend:block', 'blk_co_preadv'),
  { point: 'backend:push', function: { symbol: 'vu_queue_push', values: [ELEMENT] } },
];

/** Looks into the program that serves the disk. Nothing is wanted of one that is assigned, or of a daemon that is not QEMU's. */
export async function qemuPoints(guest: Guest, disk: GuestDisk): Promise<QemuPoints> {
  const { daemon, backend } = disk;
  const program = daemon?.program ?? guest.program;
  const wanted = placesOf(disk);
  if (wanted.length === 0 || backend.kind === 'vfio')
    return { program, isReadable: true, points: [], missing: [] };
  // Leads to the file that runs, also when it was replaced or lies in another mount namespace, and has no foreign character.
  const view = await findProgramPoints(`/proc/${daemon?.pid ?? guest.pid}/exe`, wanted);
  const found = new Set(wanted.flatMap(({ point }, at) => (view.places[at] === undefined ? [] : [point])));
  return {
    program,
    isReadable: view.isReadable,
    points: view.places.flatMap((place) =>
      place === undefined ? [] : [{ kind: 'uprobe', scope: 'tasks', function: place }],
    ),
    missing: [...new Set(wanted.map(({ point }) => point))]
      .filter((point) => !found.has(point))
      .map((point) => ({ point, names: namesOf(wanted.filter((each) => each.point === point)) })),
  };
}

function placesOf({ daemon, drive }: GuestDisk): readonly QemuPlace[] {
  const hasDriver = drive?.driver === 'vfio-pci';
  if (daemon === null) return [...VIRTIO_BLK, ...(hasDriver ? NVME : RESUME)];
  return daemon.program.startsWith('qemu-storage-daemon') ? [...DAEMON, ...(hasDriver ? [] : RESUME)] : [];
}

function namesOf(places: readonly QemuPlace[]): string[] {
  return [...new Set(places.flatMap((place) => [place.function?.symbol, place.mark?.name]))].filter(
    (name) => name !== undefined,
  );
}

function entry(point: PointId, symbol: string, values: readonly ProgramValue[] = []): QemuPlace {
  return { point, function: { symbol, values } };
}

function mark(point: PointId, name: string, values: readonly MarkValue[] = []): QemuPlace {
  return { point, mark: { provider: 'qemu', name, values } };
}

function both(point: PointId, name: string): QemuPlace {
  return { ...entry(point, name), ...mark(point, name) };
}
