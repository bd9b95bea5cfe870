import { ftraceText } from '../../parsers/ftrace-text.ts';
import { SlicedStream, type StreamToSlice } from '../../src/commands/sliced-stream.ts';
import type { MachineName } from '../../src/trace/recording.ts';

/** A line of tracefs text; its interrupt vector tells it from others. */
export function traceLine(us: number, vector: number, cpu = 0): string {
  const time = `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
  return `           qd1-151     [00${cpu}] d.h1.    ${time}: kvm_inj_virq: IRQ 0x${vector.toString(16)}\n`;
}

/** The bytes in chunks of a size. */
export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** A stream of this text in chunks of 500 bytes, unless told otherwise. */
export function sliced(
  text: string | Uint8Array,
  machine: MachineName = 'guest',
  other: Partial<StreamToSlice> = {},
): Promise<SlicedStream> {
  const bytes = Buffer.from(text);
  return SlicedStream.open({
    name: `${machine}.trace`,
    machine,
    format: ftraceText,
    head: bytes.subarray(0, 65_536),
    chunks: chunksOf(bytes, 500),
    bytes: bytes.length,
    ...other,
  });
}
