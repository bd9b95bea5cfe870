/** From a seed to a recording as iotrace reads one, and the truth beside it. */
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import type { MachineName, Recording, Source } from '../../src/trace/recording.ts';
import { drawVirtio, type TrueRequest } from './draw-virtio.ts';
import { type DrawnOptions, drawOptions } from './drawn-options.ts';

export interface Generated {
  readonly options: DrawnOptions;
  readonly recording: Recording;
  readonly texts: Readonly<Record<MachineName, string>>;
  readonly truth: readonly TrueRequest[];
  /** What a machine's clock shows at a host time, whole ns. */
  reading(machine: MachineName, ns: number): number;
}

/** A drawing, and what holds a report of it against it. */
export type Drawn = Omit<Generated, 'recording'>;

/** Ticks per second of the x86-tsc traces: one a nanosecond. */
export const DRAWN_TSC_HZ = 1e9;

export async function generate(seed: number): Promise<Generated> {
  const options = drawOptions(seed);
  const drawn = drawTexts(options);
  return { options, ...drawn, recording: await recordingOf(drawn.texts, options) };
}

/** The same as texts alone, not read. */
export function drawTexts(options: DrawnOptions): Pick<Generated, 'truth' | 'texts' | 'reading'> {
  const { guest, host, requests } = drawVirtio(options);
  return {
    truth: requests,
    texts: { guest: guest.text(), host: host.text() },
    reading: (machine, ns) => (machine === 'guest' ? guest : host).reading(ns),
  };
}

/** The same recording of other texts. */
export async function recordingOf(
  texts: Readonly<Record<MachineName, string>>,
  options: DrawnOptions,
): Promise<Recording> {
  const sources = await Promise.all([sourceOf('host', texts.host), sourceOf('guest', texts.guest)]);
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
