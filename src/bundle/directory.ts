import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { IotraceError, messageOf, quoted } from '../errors.ts';
import { readExact } from './file-range.ts';
import { checkMemberSize, checkTotalSize, MAX_MEMBERS } from './limits.ts';
import {
  DEFLATED,
  ENCRYPTED_BITS,
  LOCAL_HEADER_BYTES,
  LOCAL_HEADER_SIGNATURE,
  STORED,
} from './local-header.ts';
import { whyBadMemberName } from './member-name.ts';

/** A member as the zip's directory describes it; every value has been checked against the file and the limits. */
export interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly unpacked: number;
  /** File position of its local header. */
  readonly offset: number;
  /** File position its data may not reach beyond: where the next member begins. */
  readonly limit: number;
}

const FILE_TYPE_BITS = 0o170000;
const REGULAR_FILE = 0o100000;
const DIRECTORY = 0o040000;

const DAMAGED = 'Copy the bundle again; if it stays so, import the raw files again (iotrace import).';

/**
 * Reads a zip's directory. `path` is for messages. Throws an IotraceError: 'bundle-cut' where a zip has no end,
 * 'bundle-foreign' for what is no zip, 'bundle-damaged', 'bundle-too-large', or 'bundle-hostile' naming the member.
 */
export async function readDirectory(handle: FileHandle, path: string): Promise<ReadonlyMap<string, Member>> {
  const { size } = await handle.stat();
  const zip = await openZip(handle, path);
  if (zip.entryCount > MAX_MEMBERS) throw tooMany(path, zip.entryCount);
  const entries = await readEntries(zip, path);
  checkTotalSize(
    size,
    entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0),
  );
  return new Map(placed(entries, size).map((member) => [member.name, member]));
}

interface NamedEntry {
  readonly name: string;
  readonly entry: Entry;
}

/** yauzl's own handle on the file is never closed: the FileHandle owns the descriptor. */
async function openZip(handle: FileHandle, path: string): Promise<ZipFile> {
  const start = await readExact(handle, 0, 4);
  try {
    return await fromFdPromise(handle.fd, { autoClose: false, decodeStrings: false, strictFileNames: true });
  } catch (cause) {
    if (start.length < 4 || start.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) {
      throw new IotraceError('bundle-foreign', `${quoted(path)} is not a zip file.`, {
        hint: 'A bundle is what iotrace record or iotrace import wrote. For a raw trace, use iotrace import.',
        cause,
      });
    }
    throw new IotraceError(
      'bundle-cut',
      `${quoted(path)} is cut: the zip's directory, its end, is missing.`,
      {
        hint: 'Copy it again if the copy was interrupted. Members before the cut can be recovered.',
        cause,
      },
    );
  }
}

async function readEntries(zip: ZipFile, path: string): Promise<readonly NamedEntry[]> {
  const entries: NamedEntry[] = [];
  const seen = new Set<string>();
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileNameRaw.toString('utf8');
      checkEntry(name, entry);
      if (seen.has(name)) throw hostile(name, 'occurs twice');
      seen.add(name);
      if (!name.endsWith('/')) entries.push({ name, entry });
    }
  } catch (cause) {
    if (cause instanceof IotraceError) throw cause;
    const last = entries.at(-1);
    const place = last === undefined ? 'at its first entry' : `after member ${quoted(last.name)}`;
    const message = `The directory of ${quoted(path)} is damaged ${place}: ${messageOf(cause)}.`;
    throw new IotraceError('bundle-damaged', message, { hint: DAMAGED, cause });
  }
  return entries;
}

function checkEntry(name: string, entry: Entry): void {
  const badName = whyBadMemberName(name);
  if (badName !== undefined) throw hostile(name, `has a name that ${badName}`);
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE_BITS;
  const isDirectory = name.endsWith('/');
  if (type !== 0 && type !== (isDirectory ? DIRECTORY : REGULAR_FILE)) {
    throw hostile(name, 'is a symbolic link or another special file');
  }
  if ((entry.generalPurposeBitFlag & ENCRYPTED_BITS) !== 0) throw hostile(name, 'is encrypted');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw hostile(name, `is compressed by method ${entry.compressionMethod}; bundles use deflate`);
  }
  if (isDirectory && entry.uncompressedSize !== 0) throw hostile(name, 'is a directory with content');
  checkMemberSize(name, entry.compressedSize, entry.uncompressedSize);
}

/** Gives every member its end, and refuses members that share bytes: overlap is how small files unpack to huge ones. */
function placed(entries: readonly NamedEntry[], fileBytes: number): readonly Member[] {
  const offset = ({ entry }: NamedEntry) => entry.relativeOffsetOfLocalHeader;
  const ordered = [...entries].sort((a, b) => offset(a) - offset(b));
  return ordered.map((named, index) => {
    const { name, entry } = named;
    const next = ordered[index + 1];
    const limit = next === undefined ? fileBytes : offset(next);
    if (offset(named) + LOCAL_HEADER_BYTES + entry.fileNameLength + entry.compressedSize > limit) {
      throw hostile(
        name,
        next ? `overlaps member ${quoted(next.name)}` : 'reaches beyond the end of the file',
      );
    }
    return {
      name,
      method: entry.compressionMethod,
      crc: entry.crc32,
      packed: entry.compressedSize,
      unpacked: entry.uncompressedSize,
      offset: offset(named),
      limit,
    };
  });
}

function hostile(name: string, reason: string): IotraceError {
  return new IotraceError('bundle-hostile', `Member ${quoted(name)} of the bundle ${reason}.`, {
    hint: 'iotrace does not write such a bundle. Ask its sender for the original, or for the raw files.',
  });
}

function tooMany(path: string, count: number): IotraceError {
  const message = `${quoted(path)} has ${count} members; a bundle has at most ${MAX_MEMBERS}.`;
  return new IotraceError('bundle-too-large', message, { hint: 'It is not a bundle of iotrace.' });
}
