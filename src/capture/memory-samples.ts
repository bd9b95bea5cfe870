/**
 * `perf c2c` beside a recording, where the user asks for it: loads of the whole machine are sampled, and which of them another
 * node's memory or cache served. It samples until `stop`; when iotrace is killed it ends by itself, because what it waits for is a
 * pipe of ours. Costs more than counting: each sample is an interrupt.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FactText } from './machine-facts.ts';

export interface SamplesPlan {
  /** Where perf's file lies while it runs. */
  readonly folder: string;
  /** Name of the recording, put into perf's environment: by it a later iotrace finds what a dead one left. */
  readonly mark: string;
  /** perf's program, for tests. */
  readonly perf?: string;
}

/** Sampling that runs. */
export interface MemorySamples {
  /** Ends it: perf's summary, or a note why there is none. May be called again. */
  stop(): Promise<{ readonly texts: readonly FactText[]; readonly notes: readonly string[] }>;
}

/** Samples a second and CPU; more than this of a file is not written. */
const RECORD = ['c2c', 'record', '--', '-a', '-F', '1000', '--max-size=256M'];
/** perf has a file of this size to write, and then to read. */
const PATIENCE_MS = 60_000;
const LONGEST_REASON = 200;

/** Begins to sample. Where perf cannot, that is said, and what `stop` gives says it too. */
export function startMemorySamples(
  { folder, mark, perf = 'perf' }: SamplesPlan,
  say: (line: string) => void,
): MemorySamples {
  const file = join(folder, 'perf-c2c.data');
  const child = spawn(perf, [...RECORD, '-o', file, 'cat'], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', IOTRACE_RUN: mark },
  });
  let complaint = '';
  child.on('error', (error) => {
    complaint = error.message;
  });
  child.stdin?.on('error', () => undefined);
  child.stderr?.on('data', (bytes: Buffer) => {
    if (complaint.length < LONGEST_REASON) complaint += bytes.toString('latin1');
  });
  let stopping = false;
  const why = () => `loads were not sampled (perf c2c): ${reasonOf(complaint)}`;
  child.on('close', () => {
    if (!stopping) say(why());
  });
  const stop = async () => {
    stopping = true;
    const ended = await ending(child);
    const summary = ended === 0 ? await summaryOf(perf, file) : '';
    await rm(file, { force: true });
    return summary === ''
      ? { texts: [], notes: [why()] }
      : { texts: [{ name: 'host-perf-c2c', text: summary }], notes: [] };
  };
  let stopped: ReturnType<typeof stop> | undefined;
  return { stop: () => (stopped ??= stop()) };
}

/** Ends perf; its exit status, null where a signal ended it or it could not be run. */
async function ending(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdin?.end();
    await once(child, 'exit');
    clearTimeout(late);
  }
  return child.exitCode;
}

/** perf's table of what it sampled; '' where it has none. */
function summaryOf(perf: string, file: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      perf,
      ['c2c', 'report', '-i', file, '--stats'],
      { timeout: PATIENCE_MS, maxBuffer: 1 << 20, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout) => resolve(error === null ? stdout : ''),
    );
  });
}

/** The first line of what perf complained of. */
function reasonOf(complaint: string): string {
  const [line = ''] = complaint
    .split('\n')
    .map((each) => each.trim().replace(/^failed: /, ''))
    .filter((each) => each !== '');
  return line === '' ? 'perf gave no reason' : line.slice(0, LONGEST_REASON);
}
