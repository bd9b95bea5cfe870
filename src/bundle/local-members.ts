/**
 * Finds the members of a zip that has no directory, by walking from one local header to the next. A member written as a
 * stream does not say its size in front: its DEFLATE stream is inflated to find its end, and the data descriptor behind
 * it must agree (APPNOTE.TXT 4.3.9). So every member but the last is known to be whole.
 */
import type { FileHandle } from 'node:fs/promises';
import { drain, type InflateEnd, inflateRange, readExact } from './file-range.ts';
import { checkMemberSize, MAX_MEMBERS } from './limits.ts';
import {
  DATA_DESCRIPTOR_SIGNATURE,
  DEFLATED,
  DESCRIPTOR_BIT,
  ENCRYPTED_BITS,
  type LocalHeader,
  readLocalHeader,
} from './local-header.ts';
import { whyBadMemberName } from './member-name.ts';

/** A member found by its local header. */
export interface FoundMember {
  readonly name: string;
  /** File positions of its compressed bytes. */
  readonly start: number;
  readonly end: number;
  /** Bytes it unpacks to, as counted. */
  readonly bytes: number;
  /** Its end was found and its size and CRC-32 agree; false: `bytes` are what came before the cut or the damage. */
  readonly whole: boolean;
}

/** Walks the local headers; stops behind the first member that is not whole. Throws only for what exceeds the limits. */
export async function findMembers(handle: FileHandle): Promise<ReadonlyMap<string, FoundMember>> {
  const { size } = await handle.stat();
  const found = new Map<string, FoundMember>();
  for (let offset = 0; found.size < MAX_MEMBERS; ) {
    const header = await readLocalHeader(handle, offset);
    const name = header && usableName(header);
    if (header === undefined || name === undefined || found.has(name)) break;
    const { member, next } = await measure(handle, header, name, size);
    found.set(name, member);
    if (!member.whole) break;
    offset = next;
  }
  return found;
}

/** Only what iotrace writes: deflated, not encrypted, with a harmless name of a file. */
function usableName(header: LocalHeader): string | undefined {
  const name = header.name.toString('utf8');
  const usable = header.method === DEFLATED && (header.flags & ENCRYPTED_BITS) === 0;
  return usable && !name.endsWith('/') && whyBadMemberName(name) === undefined ? name : undefined;
}

async function measure(
  handle: FileHandle,
  header: LocalHeader,
  name: string,
  fileBytes: number,
): Promise<{ member: FoundMember; next: number }> {
  const start = header.dataStart;
  let seen = 0;
  const ending = await drain(inflateRange(handle, start, fileBytes), (chunk) => {
    seen += chunk.length;
    checkMemberSize(name, fileBytes - start, seen);
  });
  const end = start + ending.consumed;
  const behind = await bytesBehind(handle, header, ending);
  const member = { name, start, end, bytes: ending.bytes, whole: behind !== undefined };
  return { member, next: end + (behind ?? 0) };
}

/** Bytes of the data descriptor behind a member (0 = its header said it all); undefined when the member is not whole. */
async function bytesBehind(
  handle: FileHandle,
  header: LocalHeader,
  is: InflateEnd,
): Promise<number | undefined> {
  if (is.damage !== undefined) return undefined;
  if ((header.flags & DESCRIPTOR_BIT) === 0) {
    const agrees = header.crc === is.crc && header.packed === is.consumed && header.unpacked === is.bytes;
    return agrees ? 0 : undefined;
  }
  const descriptor = await readExact(handle, header.dataStart + is.consumed, 24);
  if (descriptor.length < 16 || descriptor.readUInt32LE(0) !== DATA_DESCRIPTOR_SIGNATURE) return undefined;
  if (descriptor.readUInt32LE(4) !== is.crc) return undefined;
  if (descriptor.readUInt32LE(8) === is.consumed && descriptor.readUInt32LE(12) === is.bytes) return 16;
  if (descriptor.length < 24) return undefined;
  const [packed, unpacked] = [descriptor.readBigUInt64LE(8), descriptor.readBigUInt64LE(16)];
  return packed === BigInt(is.consumed) && unpacked === BigInt(is.bytes) ? 24 : undefined;
}
