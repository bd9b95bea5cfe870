import { type FileHandle, open } from 'node:fs/promises';
import { IotraceError, quoted } from '../errors.ts';
import { crc32 } from './crc32.ts';
import type { Member } from './directory.ts';
import { inflatedAtOnce, inflateRange, readRange } from './file-range.ts';
import { readLocalHeader, STORED } from './local-header.ts';

/**
 * The unpacked bytes of a member, one pass, in chunks. Throws an IotraceError 'bundle-damaged' naming
 * it: at once when it would give more than it claims, at the end when it gave less or its CRC-32 is wrong. So who
 * reads to the end has read what was written.
 */
export async function* readMember(
  handle: FileHandle,
  member: Member,
  atOnce = inflatedAtOnce(member.unpacked),
): AsyncGenerator<Uint8Array> {
  let crc = 0;
  const unpacked = async function* () {
    crc = yield* unpack(handle, member, atOnce);
  };
  let bytes = 0;
  for await (const chunk of unpacked()) {
    bytes += chunk.length;
    if (bytes > member.unpacked) {
      throw damagedMember(member.name, `unpacks to more than the ${member.unpacked} bytes it claims`);
    }
    yield chunk;
  }
  if (bytes < member.unpacked) {
    throw damagedMember(member.name, `has ${bytes} bytes of the ${member.unpacked} it claims`);
  }
  if (crc !== member.crc) {
    throw damagedMember(member.name, 'has changed since it was written: its CRC-32 is wrong');
  }
}

/** A member of a zip, as its directory tells; can be sent to another thread. */
export interface PackedMember {
  readonly path: string;
  readonly member: Member;
}

/** Bytes to inflate at once for a thread that reads them itself: of larger pieces it leaves 100 MB lying about. */
const SMALL_PIECE = 1 << 16;

/** The unpacked bytes of a member, as `readMember` gives them, of a zip that is opened for it. Throws what the system says as well. */
export async function* readPacked({ path, member }: PackedMember): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    yield* readMember(handle, member, SMALL_PIECE);
  } finally {
    await handle.close();
  }
}

/** The error for a member whose bytes are not what the bundle says; `reason` is the end of a sentence. */
export function damagedMember(name: string, reason: string): IotraceError {
  return new IotraceError('bundle-damaged', `Member ${quoted(name)} of the bundle ${reason}.`, {
    hint: 'Copy the bundle again; if it stays so, import the raw files again (iotrace import).',
  });
}

/** The unpacked bytes, and at their end their CRC-32. */
async function* unpack(
  handle: FileHandle,
  member: Member,
  atOnce: number,
): AsyncGenerator<Uint8Array, number> {
  const header = await readLocalHeader(handle, member.offset);
  if (header === undefined || header.name.toString('utf8') !== member.name) {
    throw damagedMember(member.name, 'is not where the directory says');
  }
  const end = header.dataStart + member.packed;
  if (end > member.limit) throw damagedMember(member.name, 'reaches into the next member');
  if (member.method !== STORED) {
    const { damage, crc } = yield* inflateRange(handle, header.dataStart, end, atOnce);
    if (damage !== undefined) throw damagedMember(member.name, `cannot be unpacked: ${damage}`);
    return crc;
  }
  let crc = 0;
  for await (const chunk of readRange(handle, header.dataStart, end)) {
    crc = crc32(chunk, crc);
    yield chunk;
  }
  return crc;
}
