import { randomBytes } from 'node:crypto';

const RUN = /^iotrace[-_](\d{1,7})[-_][0-9a-f]{8}(?:-(?:machine|tasks|ticks|mono))?$/;

/** Name of a recording while it runs, for everything it leaves on the machine: `iotrace-<pid>-<random>`. */
export function newRunName(): string {
  return `iotrace-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** The same as the name of a group of probes, which the kernel takes for part of a C identifier. */
export function probeGroupOf(name: string): string {
  return name.replaceAll('-', '_');
}

/** The process that made what has this name; undefined when it is not one of ours. */
export function makerOf(name: string): number | undefined {
  const pid = RUN.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether a process exists, whoever it belongs to. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
