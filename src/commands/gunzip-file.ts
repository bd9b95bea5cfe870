/**
 * Reads gzip files (RFC 1952) that may be cut or damaged. Node's own gunzip reports a cut only by throwing away what it
 * had in hand; a trace whose tail is missing is still worth reading, so the members are walked here.
 */
import type { FileHandle } from 'node:fs/promises';
import { type InflateEnd, inflateRange, readExact } from '../bundle/file-range.ts';

/** Longest member header that is looked for; only an extra field, a name or a comment can make one long. */
const MAX_HEADER_BYTES = 256 * 1024;

/** A member header without its optional parts; the CRC-32 and size behind a member. */
const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;

/** Flag bits of a member header (RFC 1952 2.3.1). */
const HEADER_CRC = 0x02;
const EXTRA = 0x04;
const NAME = 0x08;
const COMMENT = 0x10;
const RESERVED = 0xe0;

/** True when the bytes begin a gzip member: magic 1f 8b and method 8, deflate. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/**
 * Unpacks a gzip file, one or several members (as `cat a.gz b.gz` makes). Never throws for what the file holds: returns
 * a sentence on what is wrong, after all bytes before it have been handed out; undefined when all is well.
 */
export async function* gunzipFile(
  handle: FileHandle,
  fileBytes: number,
): AsyncGenerator<Uint8Array, string | undefined> {
  let unpacked = 0;
  for (let offset = 0; offset < fileBytes; ) {
    const head = await readExact(handle, offset, Math.min(MAX_HEADER_BYTES, fileBytes - offset));
    if (offset > 0 && head.every((byte) => byte === 0)) return undefined;
    if (offset > 0 && !isGzip(head)) {
      return `the ${fileBytes - offset} bytes from offset ${offset} on are not gzip and were left out`;
    }
    const headerBytes = gzipHeaderBytes(head);
    if (headerBytes === undefined) return `the gzip header at offset ${offset} is cut or damaged`;
    const member = yield* inflateRange(handle, offset + headerBytes, fileBytes);
    unpacked += member.bytes;
    const trailerStart = offset + headerBytes + member.consumed;
    const trailer = await readExact(handle, trailerStart, TRAILER_BYTES);
    const problem = whyBadMember(member, trailer);
    if (problem !== undefined) return `${problem} (${unpacked} bytes unpacked)`;
    offset = trailerStart + TRAILER_BYTES;
  }
  return undefined;
}

function whyBadMember(member: InflateEnd, trailer: Buffer): string | undefined {
  if (member.damage !== undefined) return `the gzip data is damaged: ${member.damage}`;
  if (trailer.length < TRAILER_BYTES) return 'the gzip data is cut before its end';
  if (trailer.readUInt32LE(0) !== member.crc) return 'the gzip data has changed: its CRC-32 is wrong';
  const sizeAgrees = trailer.readUInt32LE(4) === member.bytes % 2 ** 32;
  return sizeAgrees ? undefined : 'the gzip data has another size than its trailer says';
}

/** Length of the header that begins a gzip member; undefined when it is cut, too long, or of a later standard. */
function gzipHeaderBytes(head: Uint8Array): number | undefined {
  if (!isGzip(head) || head.length < FIXED_BYTES) return undefined;
  const flags = head[3]!;
  if ((flags & RESERVED) !== 0) return undefined;
  let length = FIXED_BYTES;
  if (flags & EXTRA) length += 2 + (head[length] ?? 0) + 256 * (head[length + 1] ?? 0);
  for (const text of [NAME, COMMENT]) {
    if ((flags & text) === 0) continue;
    const terminator = head.indexOf(0, length);
    if (terminator < 0) return undefined;
    length = terminator + 1;
  }
  if (flags & HEADER_CRC) length += 2;
  return length < head.length ? length : undefined;
}
