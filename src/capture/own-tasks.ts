import { readdir, readlink } from 'node:fs/promises';

/** Inode of the first pid namespace, PROC_PID_INIT_INO in include/linux/proc_ns.h. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/** Tids of iotrace itself. */
export async function ownTasks(): Promise<number[]> {
  return (await readdir('/proc/self/task')).map(Number);
}

/** False inside a container with pids of its own: the tracer's pids are those of the machine. */
export async function pidsAreTheKernels(): Promise<boolean> {
  return (await readlink('/proc/self/ns/pid')) === FIRST_PID_NAMESPACE;
}
