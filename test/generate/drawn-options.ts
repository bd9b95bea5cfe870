/** What a seed decides. All values are drawn; none is a measurement. */
import { randomFrom } from '../support/damage.ts';

/** How the disk is reached; each has its own drawing. */
export const FAMILIES = [
  'virtio-blk',
  'userspace-nvme',
  'storage-daemon',
  'vfio',
  'vfio-iopoll',
  'bare-metal',
  'bare-metal-iopoll',
] as const;
export type Family = (typeof FAMILIES)[number];

export interface DrawnOptions {
  readonly seed: number;
  readonly family: Family;
  readonly requests: number;
  readonly depth: number;
  readonly queues: number;
  /** The back-end never sleeps and asks for no kick. */
  readonly polls: boolean;
  /** The vCPU halts when its guest is idle, else it spins. */
  readonly halts: boolean;
  readonly mainLoop: boolean;
  readonly prints: 'x86-tsc' | 'mono';
  readonly guestOffsetNs: number;
  readonly driftPpm: number;
  /** The relation of the clocks is a fact of the recording. */
  readonly knownOffset: boolean;
  /** Nanoseconds of a stage: uniform up to twice, or exponential with, this mean. */
  readonly spread: 'uniform' | 'exponential';
  /** The block layer's own events before a request is issued are recorded too; some requests go through a scheduler in some recordings. */
  readonly bios: boolean;
}

/** One of the many configurations of a family, always the same for a seed. */
export function drawOptions(seed: number, family: Family = 'virtio-blk'): DrawnOptions {
  const random = randomFrom(seed);
  const pick = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const prints = pick('x86-tsc', 'x86-tsc', 'mono');
  const drawn: DrawnOptions = {
    seed,
    family,
    requests: 40,
    depth: pick(1, 1, 1, 2, 3, 4, 8, 16, 32),
    queues: pick(1, 1, 2),
    polls: random() < 0.25,
    halts: random() < 0.7,
    mainLoop: random() < 0.2,
    prints,
    guestOffsetNs: -Math.floor(random() * 1e11),
    driftPpm: prints === 'mono' ? Math.floor(random() * 41) - 20 : 0,
    knownOffset: prints === 'x86-tsc' && random() < 0.5,
    spread: pick('uniform', 'exponential'),
    bios: false,
  };
  // Only QEMU's IOThreads and main loop poll a virtqueue, as they are drawn.
  return family === 'virtio-blk' ? drawn : { ...drawn, polls: false, mainLoop: false };
}
