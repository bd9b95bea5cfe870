/** What recordings that were killed have left behind. What traces goes, and holds nothing of value; text is only reported. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { endDeadTracers } from './dead-tracers.ts';
import { isAlive, makerOf } from './run-name.ts';
import { PROBE_LISTS } from './tracefs/probe-group.ts';
import type { TraceFiles } from './tracefs/trace-files.ts';

/** A phrase for each thing, `the tracing instance iotrace-7-0123abcd-tasks`: removed, or still in use by something else. */
export interface Leftovers {
  readonly removed: readonly string[];
  readonly inUse: readonly string[];
}

/**
 * Takes back what iotraces that are dead have left: processes first, because they record the instances; then instances, because
 * a probe that one of them records cannot be removed; then probes.
 */
export async function removeLeftovers(
  files: TraceFiles,
  alive: (pid: number) => boolean = isAlive,
): Promise<Leftovers> {
  const processes = await endDeadTracers(alive);
  const instances = await removeDeadInstances(files, alive);
  const probes = await removeDeadProbes(files, alive);
  return {
    removed: [
      ...processes.map((name) => `the process ${name}`),
      ...instances.removed.map((name) => `the tracing instance ${name}`),
      ...probes.removed.map((name) => `the probes ${name}`),
    ],
    inUse: [
      ...instances.inUse.map((name) => `the tracing instance ${name}`),
      ...probes.inUse.map((name) => `the probes ${name}`),
    ],
  };
}

/** Removes the instances of iotraces that are dead; names of those removed, and of those something still reads. */
export async function removeDeadInstances(
  files: TraceFiles,
  alive: (pid: number) => boolean = isAlive,
): Promise<Leftovers> {
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

/** Removes the groups of probes of iotraces that are dead; names of groups as above. The lists are only appended to. */
export async function removeDeadProbes(
  files: TraceFiles,
  alive: (pid: number) => boolean = isAlive,
): Promise<Leftovers> {
  const removed = new Set<string>();
  const inUse = new Set<string>();
  for (const list of PROBE_LISTS) {
    const text = await files.read(list).catch(() => '');
    // p:iotrace_7_0123abcd/eventfd_read eventfd_read      r4:…, r:…
    for (const [, group, event] of text.matchAll(/^[pr]\d*:([\w-]+)\/(\S+)/gm)) {
      const maker = makerOf(group!);
      if (maker === undefined || alive(maker)) continue;
      try {
        await files.append(list, `-:${group}/${event}`);
        removed.add(group!);
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') inUse.add(group!);
      }
    }
  }
  return { removed: [...removed].filter((group) => !inUse.has(group)), inUse: [...inUse] };
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
