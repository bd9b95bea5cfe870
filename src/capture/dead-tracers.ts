/** Tracing processes whose iotrace was killed, its watchdog too. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, makerOf } from './run-name.ts';

/** How long one may take to write what it has after SIGINT. */
const PATIENCE_MS = 10_000;

/**
 * Ends the processes that trace for an iotrace that is dead: they carry its name in their environment (`IOTRACE_RUN`), as no
 * other process does. Gives a phrase for each, `perf (pid 4711)`. Sees those that this user may look at.
 */
export async function endDeadTracers(
  alive: (pid: number) => boolean = isAlive,
  patienceMs = PATIENCE_MS,
): Promise<string[]> {
  const ended: string[] = [];
  const isLeft = async (pid: number) => isDead(await runOf(pid), alive);
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    if (!(await isLeft(pid))) continue;
    const program = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
    await end(pid, () => isLeft(pid), patienceMs);
    ended.push(`${program} (pid ${pid})`);
  }
  return ended;
}

/** The recording a process traces for; a pid that is given anew in the meantime has none. */
async function runOf(pid: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return /(?:^|\0)IOTRACE_RUN=([^\0]*)/.exec(environment)?.[1];
}

function isDead(run: string | undefined, alive: (pid: number) => boolean): boolean {
  const maker = run === undefined ? undefined : makerOf(run);
  return maker !== undefined && !alive(maker);
}

async function end(pid: number, isLeft: () => Promise<boolean>, patienceMs: number): Promise<void> {
  signal(pid, 'SIGINT');
  for (let waited = 0; waited < patienceMs; waited += 100) {
    if (!(await isLeft())) return;
    await sleep(100);
  }
  if (await isLeft()) signal(pid, 'SIGKILL');
}

/** It may be gone. */
function signal(pid: number, name: 'SIGINT' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    return;
  }
}
