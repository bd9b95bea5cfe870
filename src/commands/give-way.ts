import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Enough to be taken off a CPU for the thread that all wait for, and still as much as a third of one that others use. */
const NICE = 5;

/**
 * The thread that calls this gives way to the one that follows requests, where both want the same CPU. Linux alone has a priority for each
 * thread (setpriority(2), NOTES of nptl); elsewhere nothing is changed.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICE);
  } catch {
    // Without /proc, or where it is not allowed, threads share as they are.
  }
}
