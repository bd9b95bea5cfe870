/** Joins what a monitor answered with what the command line says: QEMU itself knows better. */

import { backendOfFile, type ConfiguredDisk } from '../../parsers/facts/qemu-disks.ts';
import type { QmpBlock, QmpIoThread } from '../../parsers/facts/qmp-answers.ts';
import type { GuestDisk, GuestIoThread } from './guest.ts';
import type { MonitorAnswers } from './monitor.ts';

/** IOThreads with their threads and poll times as QEMU gives them; those made later are added. */
export function withAnswers(
  configured: readonly GuestIoThread[],
  answered: readonly QmpIoThread[],
): GuestIoThread[] {
  const found = (id: string) => answered.find((each) => each.id === id);
  const known = configured.map((each) => {
    const answer = found(each.id);
    return answer === undefined ? each : asGuests(answer);
  });
  const later = answered.filter(({ id }) => !configured.some((each) => each.id === id));
  return [...known, ...later.map(asGuests)];
}

function asGuests({ id, tid, pollMaxNs }: QmpIoThread): GuestIoThread {
  return { id, tid, pollMaxNs: pollMaxNs ?? null };
}

/** Disks of the command line with QEMU's number of queues, then those that were plugged in later. */
export function allDisks(
  configured: readonly ConfiguredDisk[],
  { blocks }: MonitorAnswers,
): readonly ConfiguredDisk[] {
  const known = configured.map((disk) => {
    const block = blocks.find((each) => isOf(disk, each));
    return block?.queues == null ? disk : { ...disk, queues: block.queues };
  });
  const later = blocks.filter(
    (block) => block.device !== '' && !configured.some((disk) => isOf(disk, block)),
  );
  return [
    ...known,
    ...later.map((block) => ({
      id: block.id,
      device: block.device,
      node: block.node,
      iothreads: block.iothread === '' ? [] : [block.iothread],
      queues: block.queues ?? undefined,
      backend: { ...backendOfFile(block.filename, block.driver), aio: 'unknown', direct: block.direct },
    })),
  ];
}

/** What QEMU has counted for a disk. */
export function completedOf(disk: ConfiguredDisk, { stats }: MonitorAnswers): GuestDisk['completed'] {
  const found = stats.find((each) => isOf(disk, each));
  return found === undefined ? null : { reads: found.reads, writes: found.writes };
}

/** Told by the device's id; of a device without one by its node or drive. */
function isOf(
  disk: Pick<ConfiguredDisk, 'id' | 'node'>,
  block: Pick<QmpBlock, 'id' | 'node' | 'drive'>,
): boolean {
  if (block.id !== '') return block.id === disk.id;
  return disk.node !== '' && (block.node === disk.node || block.drive === disk.node);
}
