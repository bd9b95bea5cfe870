/**
 * Who serves a vhost-user socket. The daemon's end of the connection carries the socket's path in /proc/net/unix, QEMU's
 * carries none: the process that holds such a socket is the daemon. What an export opens is on its command line, if anywhere.
 */
import { BlockGraph, type DiskBackend } from '../../parsers/facts/qemu-disks.ts';
import { parseQemuOptions } from '../../parsers/facts/qemu-options.ts';
import { readEventfds } from './eventfds.ts';
import type { Daemon } from './guest.ts';
import type { MachineFiles } from './machine-files.ts';
import { listPids, readProcess } from './processes.ts';
import { type CpuLayout, NO_KNOWN_THREADS, readThreads } from './threads.ts';

// Num               RefCount Protocol Flags    Type St Inode Path
// 0000000000000000: 00000003 00000000 00000000 0001 03 29532 /run/vhost.sock
const UNIX_SOCKET = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ [0-9A-F]+ +(\d+) (.+)$/;

/** The daemon of QEMU's socket `path`, or null when nobody holds it (it may be another user's, or gone). */
export async function findDaemon(
  files: MachineFiles,
  qemuPid: number,
  path: string,
  layout: CpuLayout,
): Promise<Daemon | null> {
  const inodes = await socketInodes(files, qemuPid, await absolutePath(files, qemuPid, path));
  if (inodes.size === 0) return null;
  for (const pid of await listPids(files)) {
    if (pid === qemuPid || !(await holdsSocket(files, pid, inodes))) continue;
    const process = await readProcess(files, pid);
    if (process === undefined) continue;
    return {
      pid,
      program: process.program,
      commandLine: process.commandLine,
      threads: await readThreads(files, pid, layout, NO_KNOWN_THREADS),
      eventfds: await readEventfds(files, pid),
      backend: exportBackend(process.commandLine, path),
    };
  }
  return null;
}

async function absolutePath(files: MachineFiles, pid: number, path: string): Promise<string> {
  return path.startsWith('/') ? path : `${await files.link(`/proc/${pid}/cwd`)}/${path}`;
}

/** Sockets bound to a path, as QEMU's network namespace lists them. */
export async function socketInodes(files: MachineFiles, pid: number, path: string): Promise<Set<string>> {
  const inodes = new Set<string>();
  if (path === '') return inodes;
  for (const line of (await files.text(`/proc/${pid}/net/unix`)).split('\n')) {
    const match = UNIX_SOCKET.exec(line);
    // bound to a relative path it is listed so
    if (
      match !== null &&
      (match[2] === path || (!match[2]!.startsWith('/') && path.endsWith(`/${match[2]}`)))
    )
      inodes.add(match[1]!);
  }
  return inodes;
}

/** Whether a process has one of these sockets open. */
export async function holdsSocket(
  files: MachineFiles,
  pid: number,
  inodes: ReadonlySet<string>,
): Promise<boolean> {
  for (const fd of await files.names(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(await files.link(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}

/** What the export of this socket opens, from qemu-storage-daemon's command line. */
function exportBackend(commandLine: readonly string[], socket: string): DiskBackend | null {
  const options = parseQemuOptions(commandLine);
  const serves = options.find(
    ({ option, values }) => option === 'export' && values.get('addr.path') === socket,
  );
  const node = serves?.values.get('node-name');
  if (node === undefined) return null;
  return new BlockGraph(options).backendOf(node);
}
