/**
 * `record` is killed with -9 at 50 random moments, and nothing of it traces afterwards. Needs root and tracefs and a disk below
 * the folder for temporary files; prints the moments' seed and what was met.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBlockDevices } from '../../src/capture/block-devices.ts';
import { diskOf } from '../../src/capture/choose-disk.ts';
import { isAlive, makerOf } from '../../src/capture/run-name.ts';
import { PROBE_LISTS } from '../../src/capture/tracefs/probe-group.ts';
import { findTracefs, type TraceFiles } from '../../src/capture/tracefs/trace-files.ts';
import { messageOf } from '../../src/errors.ts';
import { randomFrom } from '../support/damage.ts';
import { buildProgram, startProgram } from './program.ts';

const run = promisify(execFile);
const PLACE = '/var/tmp';
const KILLS = 50;
/** At a time: a recording is short, and starting it is most of its time. */
const TOGETHER = 5;
/** Longest wait before a kill: five that start together take some seconds until they trace, on two CPUs. */
const MOST_MS = 8000;

const files = await findTracefs().catch((error: unknown) => messageOf(error));
const disk = (await diskOf(await listBlockDevices(), PLACE, false))?.disk;
const whyNot =
  typeof files === 'string' ? files : disk === undefined ? `${PLACE} lies on no disk` : undefined;
if (whyNot !== undefined) process.stderr.write(`kill -9 is skipped: ${whyNot}\n`);

describe.skipIf(whyNot !== undefined)('kill -9 at a random moment', { timeout: 300_000 }, () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(PLACE, 'iotrace-kill-'));
    program = await buildProgram(folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  /** Instances, probes and tracing processes of the recording that had this pid. */
  async function traces(pid: number): Promise<string[]> {
    const tracefs = files as TraceFiles;
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
  async function childrenOf(pid: number): Promise<number[]> {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    return text.trim().split(' ').filter(Boolean).map(Number);
  }

  async function untilItTraces(pid: number): Promise<void> {
    for (let attempt = 0; attempt < 600 && (await traces(pid)).length === 0; attempt++)
      await new Promise((done) => setTimeout(done, 50));
  }

  /** What it traced with when it was killed, and what is left of that in the end. */
  async function killAt(ms: number, index: number): Promise<{ met: number; ended: boolean; left: string[] }> {
    const args = ['record', '--disk', disk!.name, '--duration', '60', '-o', `${index}.zip`];
    const { child, ended } = startProgram(program, folder, args);
    // Every other one at a random moment of tracing, the rest at a random moment of all it does.
    if (index % 2 === 1) await untilItTraces(child.pid!);
    await new Promise((done) => setTimeout(done, index % 2 === 1 ? ms / 8 : ms));
    const met = (await traces(child.pid!)).length;
    const alreadyEnded = !isAlive(child.pid!);
    const children = await childrenOf(child.pid!);
    child.kill('SIGKILL');
    await ended;
    const rest = async () => [
      ...(await traces(child.pid!)),
      ...children.filter(isAlive).map((pid) => `process ${pid}`),
    ];
    let left = await rest();
    for (let attempt = 0; attempt < 200 && left.length > 0; attempt++) {
      await new Promise((done) => setTimeout(done, 100));
      left = await rest();
    }
    for (const place of ['/dev/shm', folder])
      for (const name of await readdir(place))
        if (makerOf(name) === child.pid) await rm(join(place, name), { recursive: true });
    return { met, ended: alreadyEnded, left };
  }

  it(`leaves nothing that traces, ${KILLS} times`, async () => {
    const seed = Date.now() % 1_000_000;
    const random = randomFrom(seed);
    const moments = Array.from({ length: KILLS }, () => Math.floor(random() * MOST_MS));
    const results: Awaited<ReturnType<typeof killAt>>[] = [];
    for (let at = 0; at < KILLS; at += TOGETHER)
      results.push(...(await Promise.all(moments.slice(at, at + TOGETHER).map(killAt))));
    const tracing = results.filter(({ met }) => met > 0).length;
    process.stderr.write(
      `kill -9, seed ${seed}: ${results.length} killed, ${tracing} of them with instances on the machine\n`,
    );
    expect(results.flatMap(({ left }) => left)).toEqual([]);
    expect(results.filter(({ ended }) => ended)).toEqual([]);
    // Else it was never about tracing.
    expect(tracing).toBeGreaterThan(0);
  });
});
