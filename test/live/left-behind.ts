/** What a recording has on the machine: to be there while it runs, and gone afterwards. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { makerOf } from '../../src/capture/run-name.ts';
import { PROBE_LISTS } from '../../src/capture/tracefs/probe-group.ts';
import type { TraceFiles } from '../../src/capture/tracefs/trace-files.ts';

const run = promisify(execFile);

/** Instances, probes and tracing processes of the recording that had this pid. */
export async function tracesOf(pid: number, tracefs: TraceFiles): Promise<string[]> {
  const instances = (await tracefs.list('instances')).filter((name) => makerOf(name) === pid);
  const lists = await Promise.all(PROBE_LISTS.map((list) => tracefs.read(list).catch(() => '')));
  const probes = lists.flatMap((text) =>
    text.split('\n').filter((line) => line.includes(`:iotrace_${pid}_`)),
  );
  const { stdout } = await run('sh', [
    '-c',
    'grep -lsz "^IOTRACE_RUN=iotrace-$1-" /proc/[0-9]*/environ || true',
    'sh',
    String(pid),
  ]);
  return [...instances, ...probes, ...stdout.split('\n').filter((line) => line !== '')];
}

/** Its own processes, the watchdog among them (proc(5)). */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

/** Waits until it traces, 30 s at most. */
export async function untilItTraces(pid: number, tracefs: TraceFiles): Promise<void> {
  for (let attempt = 0; attempt < 600 && (await tracesOf(pid, tracefs)).length === 0; attempt++)
    await new Promise((done) => setTimeout(done, 50));
}

/** Why a program cannot be run, undefined when it can. */
export async function whyNoProgram(name: string): Promise<string | undefined> {
  const found = await run(name, ['--version']).catch(() => undefined);
  return found === undefined ? `there is no ${name}` : undefined;
}
