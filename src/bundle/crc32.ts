import * as zlib from 'node:zlib';

const POLYNOMIAL = 0xedb88320;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32 of `chunk`, continued from `before` (0 at the start), as zip and gzip have it; unsigned. In JavaScript. */
export function tableCrc32(chunk: Uint8Array, before: number): number {
  let value = ~before;
  for (let i = 0; i < chunk.length; i++) value = TABLE[(value ^ chunk[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** The same number from zlib where Node has it (20.15, 22.2 and later): about ten times faster. */
export const crc32: (chunk: Uint8Array, before: number) => number =
  typeof zlib.crc32 === 'function' ? zlib.crc32 : tableCrc32;
