/** What recordings that were killed have left behind. Instances hold nothing of value and go; text is only reported. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { isAlive, makerOf } from './run-name.ts';
import type { TraceFiles } from './tracefs/trace-files.ts';

/** Removes the instances of iotraces that are dead; names of those removed, and of those something still reads. */
export async function removeDeadInstances(
  files: TraceFiles,
  alive: (pid: number) => boolean = isAlive,
): Promise<{ removed: string[]; inUse: string[] }> {
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const name of await files.list('instances')) {
    const maker = makerOf(name);
    if (maker === undefined || alive(maker)) continue;
    try {
      await files.removeFolder(`instances/${name}`);
      removed.push(name);
    } catch (error) {
      // Gone meanwhile: its watchdog was faster.
      if (systemCode(error) !== 'ENOENT') inUse.push(name);
    }
  }
  return { removed, inUse };
}

/** Folders of trace text in `folders` whose iotrace is dead. */
export async function findDeadText(
  folders: readonly string[],
  alive: (pid: number) => boolean = isAlive,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of new Set(folders)) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const maker = makerOf(name);
      if (maker !== undefined && !alive(maker)) found.push(join(folder, name));
    }
  }
  return found;
}
