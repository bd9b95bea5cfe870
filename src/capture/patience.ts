import { setTimeout as sleep } from 'node:timers/promises';

/** Whether something that never fails is over after so many milliseconds at most. */
export async function isOverWithin(over: Promise<void>, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const waited = sleep(ms, false, { signal: patience.signal }).catch(() => false);
  const isOver = await Promise.race([over.then(() => true), waited]);
  patience.abort();
  return isOver;
}
