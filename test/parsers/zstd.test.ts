import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ZstdStream } from '../../parsers/zstd/zstd-stream.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const text = fixture('perf-script/vblk-aio-6.1.txt');

/** Decompresses input given in pieces; what came out, and what was wrong. */
function inflate(input: Uint8Array, pieceBytes = input.length) {
  const out: Buffer[] = [];
  const stream = new ZstdStream((bytes) => out.push(Buffer.from(bytes)));
  let problem: string | undefined;
  for (let at = 0; at < input.length; at += pieceBytes) {
    problem = stream.push(input.subarray(at, at + pieceBytes));
  }
  return { out: Buffer.concat(out), problem };
}

/** A frame with a window of 512 KiB and these blocks, the last of them marked as such. Synthetic. */
function frame(
  ...blocks: readonly { type: number; size?: number; content: readonly number[] }[]
): Uint8Array {
  const bytes = blocks.flatMap(({ type, size, content }, i) => {
    const head = ((size ?? content.length) << 3) | (type << 1) | (i === blocks.length - 1 ? 1 : 0);
    return [head & 255, (head >> 8) & 255, head >> 16, ...content];
  });
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x48, ...bytes]);
}

describe('Zstandard, written by zstd', () => {
  it.each(['text-1.zst', 'text-19.zst', 'text-22-stream.zst'])('gives back what went into %s', (name) => {
    for (const pieceBytes of [1, 7, 1000, 1 << 20]) {
      const { out, problem } = inflate(fixture(`zstd/${name}`), pieceBytes);
      expect(problem).toBeUndefined();
      expect(out.equals(text)).toBe(true);
    }
  });

  it('reads one frame after another, and passes over what is to be skipped', () => {
    const skipped = Uint8Array.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
    const both = Buffer.concat([fixture('zstd/text-19.zst'), skipped, fixture('zstd/text-1.zst')]);
    expect(inflate(both, 11).out.equals(Buffer.concat([text, text]))).toBe(true);
  });

  it('waits for the rest of a cut stream and gives out what was whole', () => {
    const whole = frame({ type: 0, content: [1, 2, 3] }, { type: 0, content: [4, 5] });
    expect(inflate(whole.subarray(0, -1))).toEqual({ out: Buffer.from([1, 2, 3]), problem: undefined });
  });

  it('stays within one block of output, whichever byte is damaged', () => {
    const whole = fixture('zstd/text-19.zst');
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = damaged[at]! ^ 0x10;
      expect(inflate(damaged).out.length).toBeLessThanOrEqual(1 << 17);
    }
  });
});

describe('Zstandard, hostile', () => {
  it.each([
    ['not a frame', Uint8Array.from([1, 2, 3, 4, 5, 6])],
    ['a window of 3.75 TiB', Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 1, 0, 0])],
    ['a content size of 2^60', Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 16])],
    ['a dictionary', Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 1, 0x48, 7, 1, 0, 0])],
    ['a block above 128 KiB', frame({ type: 1, size: 0x1fffff, content: [0] })],
    ['a reserved block type', frame({ type: 3, content: [0] })],
    ['literals longer than the block', frame({ type: 2, content: [0x08 * 20, 1, 0] })],
    ['a copy from before the beginning', frame({ type: 2, content: [0x08, 0x41, 1, 0x54, 0, 5, 0, 1] })],
    ['repeated tables that were never sent', frame({ type: 2, content: [0x08, 0x41, 1, 0xfc, 1] })],
    ['an empty compressed block', frame({ type: 2, content: [] })],
  ])('refuses %s', (_, input) => {
    const { out, problem } = inflate(input);
    expect(problem).toBeTypeOf('string');
    expect(out.length).toBe(0);
  });

  it('bounds the work of a block by what it may produce', () => {
    // 98,047 sequences of 65,539 bytes each in 23 bytes: 6.4e9 bytes if they were all run.
    const sequences = [0xff, 0xff, 0xff, 0x54, 0, 0, 52, 1];
    const { out, problem } = inflate(frame({ type: 2, content: [0x08, 0x41, ...sequences] }));
    expect(problem).toBe('damaged block');
    expect(out.length).toBe(0);
  });
});
