import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Enough to be taken off a CPU for the thread that all wait for, and still a third of what that one gets (kernel/sched/core.c, sched_prio_to_weight). */
const NICER = 5;

/**
 * The thread that calls this gives way to the one that follows requests, where both want the same CPU. Linux alone has a nice value for each
 * thread (setpriority(2), VERSIONS); elsewhere nothing is changed.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(constants.priority.PRIORITY_LOW, getPriority(thread) + NICER));
  } catch {
    // Without /proc, or where it is not allowed, threads share as they are.
  }
}
