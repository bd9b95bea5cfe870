/** From a seed to a recording as iotrace reads one, and the truth beside it. */
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import type { MachineName, Recording, Source } from '../../src/trace/recording.ts';
import type { DrawnTraces, TrueRequest } from './applications.ts';
import { BareMetalDrawing } from './draw-nvme.ts';
import { PolledDrawing } from './draw-polled.ts';
import { StorageDaemonDrawing } from './draw-storage-daemon.ts';
import { UserspaceNvmeDrawing } from './draw-userspace-nvme.ts';
import { VfioDrawing } from './draw-vfio.ts';
import { VirtioDrawing } from './draw-virtio.ts';
import { type DrawnOptions, drawOptions, type Family } from './drawn-options.ts';

/** Texts by machine; no guest's where the application runs on the host. */
export type DrawnTexts = Readonly<Partial<Record<MachineName, string>>> & { readonly host: string };

export interface Generated {
  readonly options: DrawnOptions;
  readonly recording: Recording;
  readonly texts: DrawnTexts;
  readonly truth: readonly TrueRequest[];
  /** What a machine's clock shows at a host time, whole ns. */
  reading(machine: MachineName, ns: number): number;
}

/** A drawing, and what holds a report of it against it. */
export type Drawn = Omit<Generated, 'recording'>;

/** Ticks per second of the x86-tsc traces: one a nanosecond. */
export const DRAWN_TSC_HZ = 1e9;

const DRAWINGS: Record<Family, (options: DrawnOptions) => DrawnTraces> = {
  'virtio-blk': (options) => new VirtioDrawing(options).draw(),
  'userspace-nvme': (options) => new UserspaceNvmeDrawing(options).draw(),
  'storage-daemon': (options) => new StorageDaemonDrawing(options).draw(),
  vfio: (options) => new VfioDrawing(options).draw(),
  'vfio-iopoll': (options) => new PolledDrawing(options, 'guest').draw(),
  'bare-metal': (options) => new BareMetalDrawing(options).draw(),
  'bare-metal-iopoll': (options) => new PolledDrawing(options, 'host').draw(),
};

export async function generate(
  seed: number,
  family?: Family,
  more: Partial<Pick<DrawnOptions, 'bios'>> = {},
): Promise<Generated> {
  const options = { ...drawOptions(seed, family), ...more };
  const drawn = drawTexts(options);
  return { options, ...drawn, recording: await recordingOf(drawn.texts, options) };
}

/** The same as texts alone, not read. */
export function drawTexts(options: DrawnOptions): Pick<Generated, 'truth' | 'texts' | 'reading'> {
  const { guest, host, requests } = DRAWINGS[options.family](options);
  return {
    truth: requests,
    texts: { host: host.text(), ...(guest === undefined ? {} : { guest: guest.text() }) },
    reading: (machine, ns) => ((machine === 'guest' ? guest : undefined) ?? host).reading(ns),
  };
}

/** The same recording of other texts. */
export async function recordingOf(texts: DrawnTexts, options: DrawnOptions): Promise<Recording> {
  const sources = [await sourceOf('host', texts.host)];
  if (texts.guest !== undefined) sources.push(await sourceOf('guest', texts.guest));
  const offset = BigInt(options.guestOffsetNs);
  return {
    sources,
    groundTruth: undefined,
    facts: options.knownOffset ? { tscOffsets: [{ vcpu: 0, offset }] } : {},
  };
}

function sourceOf(machine: MachineName, text: string): Promise<Source> {
  const bytes = Buffer.from(text, 'latin1');
  const chunks = async function* () {
    yield bytes;
  };
  const name = `${machine}.trace`;
  return readSource(name, machine, chooseFormat(name, bytes.subarray(0, 65_536)), chunks());
}
