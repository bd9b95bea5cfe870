import { type FileHandle, open, stat } from 'node:fs/promises';
import { IotraceError, messageOf, quoted } from '../errors.ts';
import { type Member, readDirectory } from './directory.ts';
import { MAX_MANIFEST_BYTES } from './limits.ts';
import { type Manifest, parseManifest, truthMembers } from './manifest.ts';
import { MANIFEST_MEMBER } from './member-name.ts';
import { damagedMember, type PackedMember, readMember } from './read-member.ts';

/** A part that a recovered bundle lacks, wholly or in part. */
export interface LostPart {
  readonly member: string;
  /** What the user calls it; foreign text. */
  readonly name: string;
  readonly keptBytes: number;
  /** Bytes it had; undefined where the manifest does not say (ground truth). */
  readonly expectedBytes: number | undefined;
}

/** An open bundle. Members are read from the file when asked for; close it when done. */
export interface Bundle {
  /** Lists only what can be read: in a recovered bundle, streams are missing or shorter than they were. */
  readonly manifest: Manifest;
  /** True when the zip's directory was missing and members were found one by one. */
  readonly recovered: boolean;
  /** Empty unless recovered; also then, when only the directory was lost. */
  readonly lost: readonly LostPart[];
  /** Names of all members, in the order of the file. */
  readonly members: readonly string[];
  /** Bytes of one member. Iterating throws an IotraceError naming it when its size, CRC-32 or packing is wrong. */
  member(name: string): AsyncIterable<Uint8Array>;
  /** The file that is a member, where one is nothing else; for who has to read at any place. */
  fileOf?(name: string): string | undefined;
  /** Where a member lies in a zip that is whole; for who reads it in another thread (`readPacked`). */
  packedOf?(name: string): PackedMember;
  close(): Promise<void>;
}

/**
 * Opens a complete bundle; reads its directory and manifest only. Throws an IotraceError: 'bundle-missing',
 * 'bundle-foreign', 'bundle-cut' (then recover-bundle.ts can help), 'bundle-damaged', 'bundle-hostile',
 * 'bundle-too-large', 'manifest-invalid' or 'manifest-schema-unknown'. Nothing is ever written.
 */
export async function openBundle(path: string): Promise<Bundle> {
  const handle = await openFile(path);
  try {
    const members = await readDirectory(handle, path);
    const manifest = parseManifest(await readManifestText(handle, path, members.get(MANIFEST_MEMBER)));
    checkListed(manifest, members);
    return {
      manifest,
      recovered: false,
      lost: [],
      members: [...members.keys()],
      member: (name) => guarded(path, readMember(handle, demand(members, name))),
      packedOf: (name) => ({ path, member: demand(members, name) }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw asIotraceError(path, error);
  }
}

/** Opens the file of a bundle for reading; throws an IotraceError that says why it cannot be. */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    // Before opening: opening a pipe without a writer would wait for ever.
    if ((await stat(path)).isFile()) return await open(path, 'r');
  } catch (cause) {
    throw new IotraceError('bundle-missing', `${quoted(path)} cannot be opened: ${messageOf(cause)}.`, {
      hint: 'Check the name of the bundle and your right to read it.',
      cause,
    });
  }
  throw new IotraceError('bundle-missing', `${quoted(path)} is not a file.`, {
    hint: 'Name a bundle, a file NAME.iotrace.zip.',
  });
}

/** The entry of a member; throws an IotraceError for a name the bundle does not have. */
export function demand<T>(members: ReadonlyMap<string, T>, name: string): T {
  const member = members.get(name);
  if (member !== undefined) return member;
  throw new IotraceError('bundle-member-missing', `The bundle has no member ${quoted(name)}.`, {
    hint: 'The bundle was changed by hand or is damaged. Import the raw files again (iotrace import).',
  });
}

/** A small member as text. The caller has checked its size. */
export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

/** Whatever went wrong while the file was read, as an IotraceError. */
export function asIotraceError(path: string, error: unknown): IotraceError {
  if (error instanceof IotraceError) return error;
  return new IotraceError('bundle-unreadable', `${quoted(path)} cannot be read: ${messageOf(error)}.`, {
    hint: 'Copy the bundle to another disk and try again.',
    cause: error,
  });
}

/** The same chunks; an error of the system while reading becomes an IotraceError that names the file. */
export async function* guarded(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw asIotraceError(path, error);
  }
}

async function readManifestText(
  handle: FileHandle,
  path: string,
  member: Member | undefined,
): Promise<string> {
  if (member === undefined) {
    throw new IotraceError('bundle-foreign', `${quoted(path)} is a zip file without ${MANIFEST_MEMBER}.`, {
      hint: 'A bundle is what iotrace record or iotrace import wrote. For raw files, use iotrace import.',
    });
  }
  if (member.unpacked > MAX_MANIFEST_BYTES) {
    const size = `${MANIFEST_MEMBER} has ${member.unpacked} bytes; the limit is ${MAX_MANIFEST_BYTES}.`;
    throw new IotraceError('bundle-too-large', size, { hint: 'It is not a bundle of iotrace.' });
  }
  return textOf(readMember(handle, member));
}

/** What the manifest lists must be there, with the size it says. */
function checkListed(manifest: Manifest, members: ReadonlyMap<string, Member>): void {
  for (const member of truthMembers(manifest)) demand(members, member);
  for (const stream of manifest.streams) {
    const { unpacked } = demand(members, stream.member);
    if (unpacked === stream.bytes) continue;
    throw damagedMember(stream.member, `has ${unpacked} bytes; the manifest says ${stream.bytes}`);
  }
}
