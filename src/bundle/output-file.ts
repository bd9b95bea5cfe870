import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IotraceError, messageOf, quoted, systemCode } from '../errors.ts';

/**
 * Writes a file so that its name never stands for half of it: `write` fills a temporary file beside the target, `check`
 * may refuse it by throwing, then it is synced and renamed over the target. When anything fails the temporary file is
 * removed, the old target stays, and an IotraceError says what to do. Only a crash of the machine or kill -9 leaves
 * the temporary file `NAME.XXXXXXXX.partial`, which recover-bundle.ts can open.
 */
export async function writeFileWhole(
  target: string,
  write: (handle: FileHandle) => Promise<void>,
  check: (path: string) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${randomBytes(4).toString('hex')}.partial`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await write(handle);
    await handle.sync();
    await handle.close();
    await check(temporary);
    await rename(temporary, target);
  } catch (error) {
    // A second close of a closed handle does nothing; a failed one must not hide why we are here.
    await handle?.close().catch(() => undefined);
    if (handle !== undefined) await rm(temporary, { force: true });
    throw whyNotWritten(target, error);
  }
  await syncDirectory(dirname(target));
}

/** Makes the rename survive a crash. Some network file systems refuse fsync of a directory; the file itself is synced. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    if (systemCode(error) !== 'EINVAL') throw whyNotWritten(path, error);
  } finally {
    await directory.close();
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free space, or write to another disk (-o FILE).',
  EDQUOT: 'Your disk quota is used up: free space, or write to another disk (-o FILE).',
  EFBIG: 'The file system or a limit (ulimit -f) allows no file of this size: write elsewhere (-o FILE).',
  ENOENT: 'Create the folder first, or write elsewhere (-o FILE).',
  ENOTDIR: 'A part of the path is a file: write elsewhere (-o FILE).',
  EISDIR: 'It is a folder: name a file (-o FILE).',
  EACCES: 'You may not write there: write elsewhere (-o FILE).',
  EROFS: 'That file system is read-only: write elsewhere (-o FILE).',
};

/** Why a file could not be written, with what to do; an IotraceError is kept as it is. */
export function whyNotWritten(target: string, error: unknown): IotraceError {
  if (error instanceof IotraceError) return error;
  const hint = HINTS[systemCode(error) ?? ''] ?? 'Nothing was left behind. Write elsewhere (-o FILE).';
  return new IotraceError('write-failed', `${quoted(target)} was not written: ${messageOf(error)}.`, {
    hint,
    cause: error,
  });
}
