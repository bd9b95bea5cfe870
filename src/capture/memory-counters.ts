/**
 * `perf stat` beside a recording: accesses to local and remote memory, by thread and by NUMA node. It counts until `stop`; when
 * iotrace is killed it ends by itself, because what it waits for is a pipe of ours.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guest, GuestDisk } from '../discover/guest.ts';
import type { FactText } from './machine-facts.ts';
import { type AskPerf, type Cpu, cpuOf, resolveMemoryEvents } from './memory-events.ts';

export interface CountersPlan {
  /** Where perf's output goes while it runs. */
  readonly folder: string;
  /** Name of the recording, put into perf's environment: by it a later iotrace finds what a dead one left. */
  readonly mark: string;
  /** Threads to count one by one: vCPUs, IOThreads, a daemon's. Empty: only the whole machine, by node. */
  readonly tids: readonly number[];
  /** perf's program, for tests. */
  readonly perf?: string;
}

/** Threads of a guest whose accesses are counted one by one: vCPUs, IOThreads, the main loop, and those of the disk's daemon. */
export function countedThreads(guest: Guest, { daemon }: GuestDisk): readonly number[] {
  const own = guest.threads.filter(({ role }) => role !== 'other');
  return [...own, ...(daemon?.threads ?? [])].map(({ tid }) => tid);
}

/** Counters that run. */
export interface MemoryCounters {
  /** Ends them; perf's rows, empty where there are none. May be called again. */
  stop(): Promise<readonly FactText[]>;
}

/** perf ends within milliseconds of its pipe; after this it is made to. */
const PATIENCE_MS = 5000;
/** A question to perf: it reads its tables and runs `true`. */
const QUESTION_MS = 20_000;
/** Columns by name: the names of threads may hold what separates others. Older perfs know only the second. */
const FORMS = ['-j', '-x,'] as const;

/**
 * Finds the events and begins to count. Without perf nothing is counted, and `say` says so; on a machine whose PMU counts none of
 * the events nothing runs either, and perf's `<not supported>` are what `stop` gives.
 */
export async function startMemoryCounters(
  { folder, mark, tids, perf = 'perf' }: CountersPlan,
  say: (line: string) => void,
): Promise<MemoryCounters> {
  const form = await formOf(perf);
  const ask: AskPerf = (events) => answer(perf, ['stat', form, '-e', events.join(','), '--', 'true']);
  const found = await resolveMemoryEvents(ask, await thisCpu());
  if (found === undefined) {
    say('accesses to remote memory are not counted: there is no perf');
    return { stop: async () => [] };
  }
  if (!found.supported) return { stop: async () => texts([rowsOf(found.text)]) };
  const targets = [
    ['-a', '--per-node'],
    ...(tids.length === 0 ? [] : [['--per-thread', '-t', tids.join(',')]]),
  ];
  const runs = targets.map((target, index) => {
    const file = join(folder, `perf-stat-${index}`);
    const args = ['stat', form, '-o', file, '-e', found.events.join(','), ...target, '--', 'cat'];
    return {
      file,
      child: spawn(perf, args, {
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { ...process.env, IOTRACE_RUN: mark },
      }),
    };
  });
  for (const { child } of runs) {
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
  }
  let stopped: Promise<readonly FactText[]> | undefined;
  const stop = async () => texts(await Promise.all(runs.map(({ file, child }) => ending(file, child))));
  return { stop: () => (stopped ??= stop()) };
}

/** Ends one perf and takes its output. */
async function ending(file: string, child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdin?.end();
    await once(child, 'exit');
    clearTimeout(late);
  }
  const text = await readFile(file, 'utf8').catch(() => '');
  await rm(file, { force: true });
  return rowsOf(text);
}

/** Rows alone: perf writes the date and its complaints into the same file. */
function rowsOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => /^\{|,<not |,\d/.test(line) && !line.startsWith('#'))
    .map((line) => `${line}\n`)
    .join('');
}

function texts(rows: readonly string[]): FactText[] {
  const text = rows.join('');
  return text === '' ? [] : [{ name: 'host-perf-stat', text }];
}

async function thisCpu(): Promise<Cpu> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return cpuOf(cpuinfo, await readdir('/sys/bus/event_source/devices').catch(() => []));
}

async function formOf(perf: string): Promise<(typeof FORMS)[number]> {
  const { exitCode } = await answer(perf, ['stat', FORMS[0], '-e', 'task-clock', '--', 'true']);
  return exitCode === 0 ? FORMS[0] : FORMS[1];
}

/** Runs perf to its end; exit status undefined when it could not be run. Its rows are on stderr. */
function answer(
  perf: string,
  args: readonly string[],
): Promise<{ exitCode: number | undefined; text: string }> {
  return new Promise((resolve) => {
    execFile(
      perf,
      args,
      { timeout: QUESTION_MS, env: { ...process.env, LC_ALL: 'C' } },
      (error, _, stderr) => {
        const code = error === null ? 0 : error.code;
        resolve({ exitCode: typeof code === 'number' ? code : undefined, text: stderr });
      },
    );
  });
}
