import type { FileHandle } from 'node:fs/promises';
import { IotraceError, quoted } from '../errors.ts';
import { inflateRange } from './file-range.ts';
import { MAX_MANIFEST_BYTES } from './limits.ts';
import { type FoundMember, findMembers } from './local-members.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { MANIFEST_MEMBER } from './member-name.ts';
import {
  asIotraceError,
  type Bundle,
  demand,
  guarded,
  type LostPart,
  openBundle,
  openFile,
  textOf,
} from './read-bundle.ts';

/**
 * Opens a bundle, also one that was cut (a crash or a full disk while it was written, an interrupted copy): then with
 * `recovered` and `lost` set, which must be shown. Throws as openBundle, or 'bundle-unrecoverable'.
 */
export async function openBundleOrRecover(path: string): Promise<Bundle> {
  try {
    return await openBundle(path);
  } catch (error) {
    if (error instanceof IotraceError && error.code === 'bundle-cut') return recoverBundle(path);
    throw error;
  }
}

/**
 * Opens a bundle whose directory is missing, from its local headers; this reads all of it once. Streams that were written
 * whole are whole; the one at the cut ends there; later ones are gone. Throws 'bundle-unrecoverable' when not even the
 * manifest, the first member, is whole.
 */
export async function recoverBundle(path: string): Promise<Bundle> {
  const handle = await openFile(path);
  try {
    const found = await findMembers(handle);
    const listed = parseManifest(await readManifestText(handle, path, found.get(MANIFEST_MEMBER)));
    const { manifest, lost } = whatIsLeft(listed, found);
    return {
      manifest,
      recovered: true,
      lost,
      members: [...found.keys()],
      member: (name) => guarded(path, readFound(handle, demand(found, name))),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw asIotraceError(path, error);
  }
}

async function readManifestText(
  handle: FileHandle,
  path: string,
  found: FoundMember | undefined,
): Promise<string> {
  if (found?.whole && found.bytes <= MAX_MANIFEST_BYTES) return textOf(readFound(handle, found));
  const message = `Nothing of ${quoted(path)} can be recovered: its first member, ${MANIFEST_MEMBER}, is not whole.`;
  throw new IotraceError('bundle-unrecoverable', message, {
    hint: 'Import the raw files again (iotrace import), or record again.',
  });
}

/** The manifest of what can be read, and what it lacks. */
function whatIsLeft(
  listed: Manifest,
  found: ReadonlyMap<string, FoundMember>,
): { manifest: Manifest; lost: readonly LostPart[] } {
  const lost: LostPart[] = [];
  const kept = (member: string, name: string, expectedBytes: number | undefined): number => {
    const part = found.get(member);
    const keptBytes = part?.bytes ?? 0;
    if (!part?.whole || keptBytes !== (expectedBytes ?? keptBytes)) {
      lost.push({ member, name, keptBytes, expectedBytes });
    }
    return keptBytes;
  };
  const streams = listed.streams
    .map((stream) => ({ ...stream, bytes: kept(stream.member, stream.name, stream.bytes) }))
    .filter((stream) => found.get(stream.member)?.whole || stream.bytes > 0);
  const truth = listed.groundTruth;
  const isKept = (file: { member: string; name: string } | undefined) =>
    file !== undefined && kept(file.member, file.name, undefined) > 0;
  const groundTruth = truth === null || !isKept(truth) ? null : truth;
  const latencies = isKept(truth?.latencies) ? truth?.latencies : undefined;
  return {
    manifest: {
      ...listed,
      streams,
      groundTruth: groundTruth === null ? null : { ...groundTruth, latencies },
    },
    lost,
  };
}

/** The bytes that findMembers counted, no more: before damage it can have counted less than zlib gives this time. */
async function* readFound(handle: FileHandle, member: FoundMember): AsyncGenerator<Uint8Array> {
  let missing = member.bytes;
  for await (const chunk of inflateRange(handle, member.start, member.end)) {
    if (missing === 0) return;
    const part = chunk.subarray(0, missing);
    missing -= part.length;
    yield part;
  }
  if (missing === 0) return;
  throw new IotraceError('bundle-damaged', `Member ${quoted(member.name)} changed while it was read.`, {
    hint: 'Something is still writing the bundle: wait until it has ended.',
  });
}
