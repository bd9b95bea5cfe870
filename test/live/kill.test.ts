/**
 * `record` is killed with -9 at 50 random moments, by each tracer in turn; nothing of it traces afterwards, and what it had written
 * makes a bundle. Needs root and tracefs and a disk below
 * the folder for temporary files; prints the moments' seed and what was met.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { listBlockDevices } from '../../src/capture/block-devices.ts';
import { diskOf } from '../../src/capture/choose-disk.ts';
import { isAlive, makerOf } from '../../src/capture/run-name.ts';
import { findTracefs, type TraceFiles } from '../../src/capture/tracefs/trace-files.ts';
import type { TracerName } from '../../src/capture/tracer-names.ts';
import { messageOf } from '../../src/errors.ts';
import { randomFrom } from '../support/damage.ts';
import { childrenOf, tracesOf, untilItTraces, whyNoProgram } from './left-behind.ts';
import { buildProgram, startProgram } from './program.ts';

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
const tracefs = files as TraceFiles;
const tracers: TracerName[] = ['tracefs'];
for (const name of ['perf', 'bpftrace'] as const) {
  const missing = await whyNoProgram(name);
  if (missing === undefined) tracers.push(name);
  else process.stderr.write(`kill -9 of ${name} recordings is skipped: ${missing}\n`);
}
if (whyNot !== undefined) process.stderr.write(`kill -9 is skipped: ${whyNot}\n`);

describe.skipIf(whyNot !== undefined)('kill -9 at a random moment', { timeout: 300_000 }, () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(PLACE, 'iotrace-kill-'));
    program = await buildProgram(folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  interface Killed {
    readonly tracer: TracerName;
    /** What it traced with when it was killed. */
    readonly met: number;
    readonly ended: boolean;
    /** What is left of that in the end. */
    readonly left: string[];
    /** What iotrace import made of the streams it left; undefined where it left none. */
    readonly imported: string | undefined;
  }

  async function killAt(ms: number, index: number): Promise<Killed> {
    const tracer = tracers[index % tracers.length]!;
    const args = [
      'record',
      '--tracer',
      tracer,
      '--disk',
      disk!.name,
      '--duration',
      '60',
      '-o',
      `${index}.zip`,
    ];
    const { child, ended } = startProgram(program, folder, args);
    // Every other one at a random moment of tracing, the rest at a random moment of all it does.
    if (index % 2 === 1) await untilItTraces(child.pid!, tracefs);
    await new Promise((done) => setTimeout(done, index % 2 === 1 ? ms / 8 : ms));
    const met = (await tracesOf(child.pid!, tracefs)).length;
    const alreadyEnded = !isAlive(child.pid!);
    const children = await childrenOf(child.pid!);
    child.kill('SIGKILL');
    await ended;
    const rest = async () => [
      ...(await tracesOf(child.pid!, tracefs)),
      ...children.filter(isAlive).map((pid) => `process ${pid}`),
    ];
    let left = await rest();
    for (let attempt = 0; attempt < 200 && left.length > 0; attempt++) {
      await new Promise((done) => setTimeout(done, 100));
      left = await rest();
    }
    let imported: string | undefined;
    for (const place of ['/dev/shm', folder])
      for (const name of await readdir(place))
        if (makerOf(name) === child.pid) {
          imported = await importOf(join(place, name), `${index}.zip`);
          await rm(join(place, name), { recursive: true });
        }
    return { tracer, met, ended: alreadyEnded, left, imported };
  }

  /** `ok`, or what it said; undefined where no stream has an event. */
  async function importOf(text: string, output: string): Promise<string | undefined> {
    const streams: string[] = [];
    for (const name of await readdir(text))
      if (/\.(?:trace|perf\.data|json)$/.test(name) && (await stat(join(text, name))).size > 0)
        streams.push(join(text, name));
    if (streams.length === 0) return undefined;
    const { said, ended } = startProgram(program, folder, ['import', '--host', ...streams, '-o', output]);
    if ((await ended) !== 0) return said();
    await (await openBundle(join(folder, output))).close();
    return 'ok';
  }

  it(`leaves nothing that traces, ${KILLS} times`, async () => {
    const seed = Date.now() % 1_000_000;
    const random = randomFrom(seed);
    const moments = Array.from({ length: KILLS }, () => Math.floor(random() * MOST_MS));
    const results: Awaited<ReturnType<typeof killAt>>[] = [];
    for (let at = 0; at < KILLS; at += TOGETHER)
      results.push(
        ...(await Promise.all(moments.slice(at, at + TOGETHER).map((ms, index) => killAt(ms, at + index)))),
      );
    const tracing = results.filter(({ met }) => met > 0).length;
    const each = tracers.map((tracer) => {
      const own = results.filter((result) => result.tracer === tracer);
      const count = (what: (result: Killed) => boolean) => own.filter(what).length;
      return `${tracer} ${own.length}, ${count(({ met }) => met > 0)} while it traced, ${count(({ imported }) => imported === 'ok')} left streams that make a bundle`;
    });
    process.stderr.write(`kill -9, seed ${seed}: ${each.join('; ')}\n`);
    expect(results.flatMap(({ left }) => left)).toEqual([]);
    expect(results.filter(({ ended }) => ended)).toEqual([]);
    // What it left is whole, or import says what is wrong with it: nothing else.
    const said = results.flatMap(({ imported }) =>
      imported === undefined || imported === 'ok' ? [] : [imported],
    );
    for (const each of said) expect(each).toMatch(/^iotrace: [^\n]*\n[^\n]*\n?$/);
    // Else it was never about tracing.
    expect(tracing).toBeGreaterThan(0);
  });
});
