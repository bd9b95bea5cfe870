/**
 * Records this machine's own disk, for real. Needs root, tracefs and a disk below the folder for temporary files; says
 * why it is skipped where one is missing. Traces only its own processes, and leaves nothing.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { listBlockDevices } from '../../src/capture/block-devices.ts';
import { diskOf } from '../../src/capture/choose-disk.ts';
import { makerOf } from '../../src/capture/run-name.ts';
import { findTracefs, type TraceFiles } from '../../src/capture/tracefs/trace-files.ts';
import { messageOf } from '../../src/errors.ts';
import { buildProgram, reportOf, startProgram } from './program.ts';

const run = promisify(execFile);
/** On a disk on most machines, while /tmp often is memory. */
const PLACE = '/var/tmp';
const TEXT_PLACES = ['/dev/shm', PLACE];

const files = await findTracefs().catch((error: unknown) => messageOf(error));
const disk = (await diskOf(await listBlockDevices(), PLACE, false))?.disk;
const whyNot =
  typeof files === 'string' ? files : disk === undefined ? `${PLACE} lies on no disk` : undefined;
if (whyNot !== undefined) process.stderr.write(`live tests are skipped: ${whyNot}\n`);

describe.skipIf(whyNot !== undefined)('iotrace record, live', { timeout: 120_000 }, () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(PLACE, 'iotrace-live-'));
    program = await buildProgram(folder);
    await writeFile(join(folder, 'data'), Buffer.alloc(1 << 22, 'iotrace'), { flush: true });
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  const start = (args: readonly string[]) => startProgram(program, folder, args);

  /** Its instances and text, by the pid in their names. */
  async function left(pid: number | undefined): Promise<string[]> {
    const instances = await (files as TraceFiles).list('instances');
    const text = await Promise.all(TEXT_PLACES.concat(folder).map((place) => readdir(place).catch(() => [])));
    return [...instances, ...text.flat()].filter((name) => makerOf(name) === pid);
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await condition()) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error('it did not come to that');
  }

  const traces = (pid: number | undefined) => async () =>
    (await left(pid)).some((name) => name.endsWith('-tasks'));

  async function countsIn(bundle: string) {
    const opened = await openBundle(join(folder, bundle));
    await opened.close();
    return opened.manifest.facts.tracerCounts!;
  }

  it('follows the demo’s reads, and accounts for the time its reader measured', async () => {
    const { child, said, ended } = start(['demo', '-o', join(folder, 'demo.zip')]);
    expect(await ended, said()).toBe(0);
    expect(await left(child.pid)).toEqual([]);
    const report = await reportOf(program, join(folder, 'demo.zip'));
    expect(report.requests.matched).toBeGreaterThan(100);
    // Whatever else uses the disk: all but what the tracer lost, and that is named.
    const { matched, seen, quarantineReasons, rejected } = report.requests;
    if (report.losses.length === 0)
      expect({ matched, quarantineReasons, rejected }).toEqual({
        matched: seen,
        quarantineReasons: {},
        rejected: {},
      });
    // Without filefrag, or on a file system that does not say where its blocks lie, there is none.
    if (report.groundTruth === null) return expect(said()).toContain('no ground truth');
    expect(report.groundTruth.closure).toBeGreaterThan(0.98);
    expect(report.groundTruth.closure).toBeLessThan(1.001);
  });

  it('shows the demo also where tracefs is not mounted, and leaves it so', async ({ skip }) => {
    const unmounted = (command: string, ...args: string[]) =>
      run(
        'unshare',
        ['-m', 'sh', '-c', `umount ${(files as TraceFiles).root} && ${command}`, 'sh', ...args],
        {
          cwd: folder,
        },
      );
    // Below debugfs it is mounted anew by whoever looks.
    const isGone = `[ -z "$(ls ${(files as TraceFiles).root})" ]`;
    if ((await unmounted(isGone).catch(() => undefined)) === undefined)
      return skip('it cannot be unmounted, or does not stay so');
    const { stdout, stderr } = await unmounted(
      `"$@" && ls ${(files as TraceFiles).root} >&2`,
      ...[process.execPath, program, 'demo'],
    );
    expect(stderr).toMatch(/recorded \d\.\d s: the workload ended\n$/);
    expect(stdout).toContain('this machine’s own block device');
  });

  it('follows every read of a workload at QD 1; what fired is what was delivered', async () => {
    const dd = ['dd', `if=${folder}/data`, 'of=/dev/null', 'bs=4k', 'count=1000', 'iflag=direct'];
    const { child, said, ended } = start(['record', '--title', 'dd’s reads', '-o', 'dd.zip', '--', ...dd]);
    expect(await ended, said()).toBe(0);
    expect(said()).toContain(`because the workload names '${folder}/data'`);
    const report = await reportOf(program, join(folder, 'dd.zip'));
    expect(report.recording.title).toBe('dd’s reads');
    expect(report.requests.matched).toBeGreaterThanOrEqual(1000);
    expect(report.requests.matched / report.requests.seen).toBeGreaterThanOrEqual(0.99);
    expect(report.losses).toEqual([]);
    // Ticks are printed whole; where the kernel does not trust them, microseconds are.
    const source = await readFile(
      '/sys/devices/system/clocksource/clocksource0/current_clocksource',
      'latin1',
    );
    const [clock, roundingNs] = source.trim() === 'tsc' ? ['x86-tsc', 1] : ['mono', 500];
    expect(report.recording.sources.map((each: { clock: string }) => each.clock)).toContain(clock);
    expect(report.clock.roundingNs).toBeLessThanOrEqual(roundingNs as number);
    const counts = await countsIn('dd.zip');
    expect(counts.reduce((sum, { lost }) => sum + lost, 0)).toBe(0);
    // enter, issue, complete, exit of each
    expect(counts.reduce((sum, { delivered = 0 }) => sum + delivered, 0)).toBeGreaterThanOrEqual(4000);
    expect(await left(child.pid)).toEqual([]);
  });

  it('reports that the workload failed, and keeps the recording', async () => {
    const failing = ['sh', '-c', `dd if=${folder}/data of=/dev/null bs=4k count=100 iflag=direct; exit 7`];
    const { said, ended } = start(['record', '--disk', disk!.name, '-o', 'failed.zip', '--', ...failing]);
    expect(await ended, said()).toBe(0);
    expect(said()).toContain('the workload exited with 7; the recording is kept');
    expect((await reportOf(program, join(folder, 'failed.zip'))).requests.matched).toBeGreaterThanOrEqual(
      100,
    );
  });

  const endless = () => [
    'sh',
    '-c',
    `while dd if=${folder}/data of=/dev/null bs=4k iflag=direct 2>/dev/null; do :; done`,
  ];

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 130 and a complete bundle at %s', async (signal) => {
    const { child, said, ended } = start([
      'record',
      '--disk',
      disk!.name,
      '-o',
      `${signal}.zip`,
      '--',
      ...endless(),
    ]);
    await until(traces(child.pid));
    // Something to report, whatever else the machine does.
    await until(async () => (await textBytes()) > 100_000);
    child.kill(signal);
    expect(await ended, said()).toBe(130);
    expect(await left(child.pid)).toEqual([]);
    expect((await reportOf(program, join(folder, `${signal}.zip`))).requests.matched).toBeGreaterThan(100);

    async function textBytes(): Promise<number> {
      for (const place of TEXT_PLACES.concat(folder)) {
        for (const name of await readdir(place))
          if (makerOf(name) === child.pid) {
            const { stdout } = await run('du', ['-sb', join(place, name)]);
            return Number.parseInt(stdout, 10);
          }
      }
      return 0;
    }
  });

  it('leaves no instance when it is killed, at any moment; the next one names the text that is left', async () => {
    for (const waitMs of [0, 30, 150, 400, 900]) {
      const { child, ended } = start([
        'record',
        '--disk',
        disk!.name,
        '--duration',
        '60',
        '-o',
        'killed.zip',
      ]);
      await until(async () => (await left(child.pid)).length > 0);
      await new Promise((done) => setTimeout(done, waitMs));
      child.kill('SIGKILL');
      await ended;
      await until(async () => !(await left(child.pid)).some((name) => /-(?:machine|tasks)$/.test(name)));
      const next = start([
        'record',
        '--disk',
        disk!.name,
        '-o',
        'next.zip',
        '--',
        'dd',
        `if=${folder}/data`,
        'of=/dev/null',
        'bs=4k',
        'count=50',
        'iflag=direct',
      ]);
      expect(await next.ended, next.said()).toBe(0);
      for (const name of await left(child.pid)) {
        expect(next.said()).toContain(name);
        for (const place of TEXT_PLACES.concat(folder))
          await rm(join(place, name), { recursive: true, force: true });
      }
      expect(await readdir(folder)).not.toContain('killed.zip');
    }
  });
});
