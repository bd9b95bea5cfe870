/** Processes by what they run. Their command lines are written by whoever started them: hostile. */
import type { MachineFiles } from './machine-files.ts';

/** A process and its arguments. */
export interface Process {
  readonly pid: number;
  /** File name of the program that runs, from /proc/PID/exe; of its first argument where that may not be read. */
  readonly program: string;
  readonly commandLine: readonly string[];
}

/** QEMU, by the names distributions install it under. */
const QEMU = /^(?:qemu-system-[\w-]+|qemu-kvm)$/;

/** ARG_MAX allows more; a command line beyond this is none of a guest. */
const MAX_ARGUMENTS = 20_000;

/** The pids there are, ascending. */
export async function listPids(files: MachineFiles): Promise<number[]> {
  const names = await files.names('/proc');
  return names
    .filter((name) => /^\d{1,10}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** A process; undefined when it has ended or is one of the kernel. */
export async function readProcess(files: MachineFiles, pid: number): Promise<Process | undefined> {
  const words = (await files.text(`/proc/${pid}/cmdline`)).split('\0').slice(0, MAX_ARGUMENTS);
  if (words.at(-1) === '') words.pop(); // the last argument ends with NUL too
  if (words.length === 0) return undefined;
  // "… (deleted)" once the package was upgraded
  const file = (await files.link(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
  return { pid, program: baseName(file === '' ? words[0]! : file), commandLine: words };
}

/** Processes that run QEMU. A process that runs something else under such a name is none. */
export async function findQemus(files: MachineFiles): Promise<Process[]> {
  const found: Process[] = [];
  for (const pid of await listPids(files)) {
    const process = await readProcess(files, pid);
    if (process !== undefined && QEMU.test(process.program) && !isChild(process)) found.push(process);
  }
  return found;
}

/** `qemu-system-x86_64 -version` and the probes of libvirt are no guests. */
function isChild({ commandLine }: Process): boolean {
  return (
    commandLine.some((word) => /^--?(?:version|help|h)$/.test(word)) ||
    commandLine.includes('none,accel=kvm:tcg')
  );
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
