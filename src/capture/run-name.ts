import { randomBytes } from 'node:crypto';

const RUN = /^iotrace-(\d{1,7})-[0-9a-f]{8}(?:-(?:disk|calls))?$/;

/** Name of a recording while it runs, for everything it leaves on the machine: `iotrace-<pid>-<random>`. */
export function newRunName(): string {
  return `iotrace-${process.pid}-${randomBytes(4).toString('hex')}`;
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
