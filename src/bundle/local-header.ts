import type { FileHandle } from 'node:fs/promises';
import { readExact } from './file-range.ts';

/** First bytes of a zip's parts, little-endian (APPNOTE.TXT 4.3.7, 4.3.9). */
export const LOCAL_HEADER_SIGNATURE = 0x04034b50;
export const DATA_DESCRIPTOR_SIGNATURE = 0x08074b50;

/** Bytes of a local header without its name and extra field. */
export const LOCAL_HEADER_BYTES = 30;

/** Compression methods a bundle may use. */
export const STORED = 0;
export const DEFLATED = 8;

/** General purpose bits: encrypted; sizes and CRC follow the data; strong encryption; masked headers. */
export const ENCRYPTED_BITS = 0x0001 | 0x0040 | 0x2000;
export const DESCRIPTOR_BIT = 0x0008;

/** The header in front of a member's data. Sizes and CRC are 0 when a data descriptor carries them (bit 3). */
export interface LocalHeader {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  /** File position of the member's data. */
  readonly dataStart: number;
}

/** Reads the local header at `offset`; undefined where there is none or the file ends inside it. */
export async function readLocalHeader(handle: FileHandle, offset: number): Promise<LocalHeader | undefined> {
  const fixed = await readExact(handle, offset, LOCAL_HEADER_BYTES);
  if (fixed.length < LOCAL_HEADER_BYTES || fixed.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) return undefined;
  const nameBytes = fixed.readUInt16LE(26);
  const name = await readExact(handle, offset + LOCAL_HEADER_BYTES, nameBytes);
  if (name.length < nameBytes) return undefined;
  return {
    name,
    flags: fixed.readUInt16LE(6),
    method: fixed.readUInt16LE(8),
    crc: fixed.readUInt32LE(14),
    packed: fixed.readUInt32LE(18),
    unpacked: fixed.readUInt32LE(22),
    dataStart: offset + LOCAL_HEADER_BYTES + nameBytes + fixed.readUInt16LE(28),
  };
}
