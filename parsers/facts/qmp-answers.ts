/**
 * Answers of QEMU's monitor (QMP, qapi/*.json), reduced to what iotrace asks for. Newer versions add fields, so unknown ones
 * are ignored; an answer of another shape gives undefined.
 */
import * as z from 'zod';

const text = z.string().max(4096);
const count = z.int().nonnegative();

const iothreads = z.array(z.object({ id: text, 'thread-id': count, 'poll-max-ns': count.optional() }));
const cpus = z.array(z.object({ 'cpu-index': count, 'thread-id': count }));
const blocks = z.array(
  z.object({
    device: text,
    qdev: text.optional(),
    inserted: z
      .object({
        file: z.string().max(65536).optional(),
        'node-name': text.optional(),
        drv: text.optional(),
        cache: z.object({ direct: z.boolean() }).optional(),
      })
      .optional(),
  }),
);
const blockStats = z.array(
  z.object({
    device: text.optional(),
    qdev: text.optional(),
    'node-name': text.optional(),
    stats: z.object({ rd_operations: count, wr_operations: count }),
  }),
);

export interface QmpIoThread {
  readonly id: string;
  readonly tid: number;
  readonly pollMaxNs: number | undefined;
}

export interface QmpVcpu {
  readonly index: number;
  readonly tid: number;
}

/** A device with something in it, as query-block lists it. */
export interface QmpBlock {
  /** The device's id, '' where it has none. */
  readonly id: string;
  /** Id of a -drive, '' for a -blockdev. */
  readonly drive: string;
  readonly node: string;
  readonly filename: string;
  readonly driver: string;
  readonly direct: boolean;
}

/** Requests completed since the guest was started. */
export interface QmpBlockStats {
  readonly id: string;
  readonly drive: string;
  readonly node: string;
  readonly reads: number;
  readonly writes: number;
}

/** `query-iothreads` */
export function readIoThreads(answer: unknown): readonly QmpIoThread[] | undefined {
  return iothreads
    .safeParse(answer)
    .data?.map((each) => ({ id: each.id, tid: each['thread-id'], pollMaxNs: each['poll-max-ns'] }));
}

/** `query-cpus-fast` (QEMU 2.12) */
export function readVcpus(answer: unknown): readonly QmpVcpu[] | undefined {
  return cpus.safeParse(answer).data?.map((each) => ({ index: each['cpu-index'], tid: each['thread-id'] }));
}

/** `query-block`; devices without a medium are left out. */
export function readBlocks(answer: unknown): readonly QmpBlock[] | undefined {
  return blocks.safeParse(answer).data?.flatMap(({ device, qdev, inserted }) =>
    inserted === undefined
      ? []
      : [
          {
            id: deviceId(qdev),
            drive: device,
            node: inserted['node-name'] ?? '',
            filename: inserted.file ?? '',
            driver: inserted.drv ?? '',
            direct: inserted.cache?.direct === true,
          },
        ],
  );
}

/** `query-blockstats` */
export function readBlockStats(answer: unknown): readonly QmpBlockStats[] | undefined {
  return blockStats.safeParse(answer).data?.map(({ device, qdev, stats, ...rest }) => ({
    id: deviceId(qdev),
    drive: device ?? '',
    node: rest['node-name'] ?? '',
    reads: stats.rd_operations,
    writes: stats.wr_operations,
  }));
}

/** `vda`, or since the device is known by its path: `/machine/peripheral/vda/virtio-backend`. */
function deviceId(qdev: string | undefined): string {
  if (qdev === undefined || qdev.startsWith('/machine/peripheral-anon/')) return '';
  return /^\/machine\/peripheral\/([^/]+)/.exec(qdev)?.[1] ?? qdev;
}
