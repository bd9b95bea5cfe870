/**
 * Records a small workload with the local perf in every way `perf record` writes a file, and holds what we read against what perf
 * itself prints of it, sample by sample. Needs root, perf and tracepoints; says why it is skipped where one is missing. A busy
 * machine is recorded with all that runs on it for a moment; nothing of it is kept.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPerfFacts } from '../../parsers/perf-data/facts.ts';
import { holdAgainstPerf } from '../support/hold-against-perf.ts';

const run = promisify(execFile);

const EVENTS = [
  ...['block:*', 'irq:irq_handler_entry', 'sched:sched_switch'],
  ...['syscalls:sys_enter_read', 'syscalls:sys_exit_read'],
].flatMap((name) => ['-e', name]);

/** Options of perf record, and what is particular about the file. */
const MODES: readonly (readonly [what: string, options: readonly string[]])[] = [
  ['all CPUs', ['-a', ...EVENTS]],
  ['CLOCK_MONOTONIC', ['-a', '-k', 'mono', ...EVENTS]],
  ['CLOCK_MONOTONIC_RAW', ['-a', '-k', 'monotonic_raw', ...EVENTS]],
  ['compressed', ['-a', '-z', '-k', 'mono', ...EVENTS]],
  ['one task and its children', [...EVENTS]],
  ['per thread, without CPUs', ['--per-thread', ...EVENTS]],
  [
    'addresses, physical ones too, data sources, weights, CPUs and times',
    ['-a', '-d', '-T', '-W', '-P', '--phys-data', '--sample-cpu', ...EVENTS],
  ],
  ['call chains', ['-a', '-g', ...EVENTS]],
  [
    'events in groups, with a software event',
    ['-a', '-e', '{block:block_rq_issue,block:block_rq_complete}', '-e', '{sched:sched_switch,cpu-clock}'],
  ],
  [
    'software events by frequency',
    ['-a', '-F', '997', '-e', 'cpu-clock,task-clock,context-switches,page-faults,syscalls:sys_enter_read'],
  ],
  ['every third event', ['-a', '-c', '3', ...EVENTS]],
  ['asynchronous writing', ['-a', '--aio', ...EVENTS]],
  ['one event', ['-a', '-e', 'syscalls:sys_enter_read']],
  ['cgroups and namespaces', ['-a', '--namespaces', '--all-cgroups', ...EVENTS]],
  ['large buffers', ['-a', '-m', '4096', ...EVENTS]],
  ['buffers of one page, which overflow', ['-a', '-m', '1', '-e', 'raw_syscalls:*', ...EVENTS]],
];

const whyNot = await run('perf', [
  'record',
  '-o',
  '/dev/null',
  '-a',
  '-e',
  'block:block_rq_issue',
  '--',
  'true',
]).then(
  () => undefined,
  (error: Error) => `perf cannot record tracepoints here: ${error.message.split('\n')[1] ?? ''}`,
);
if (whyNot !== undefined) process.stderr.write(`live tests of perf.data are skipped: ${whyNot}\n`);

describe.skipIf(whyNot !== undefined)('perf.data, live', { timeout: 120_000 }, () => {
  let folder: string;
  let workload: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iotrace-perf-'));
    await writeFile(join(folder, 'data'), Buffer.alloc(1 << 19, 'iotrace'));
    workload = ['--', 'dd', `if=${join(folder, 'data')}`, 'of=/dev/null', 'bs=4096'];
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function expectSame(file: string): Promise<number> {
    const { same, onlyOurs, onlyPerfs, unused, lost, rejects } = await holdAgainstPerf(file);
    expect({ onlyOurs, onlyPerfs, rejects }).toEqual({ onlyOurs: [], onlyPerfs: [], rejects: [] });
    expect(unused.ours).toBe(unused.perfs);
    expect(lost.ours).toBe(lost.perfs);
    return same;
  }

  it.each(MODES)('gives what perf script prints: %s', async (_what, options) => {
    const file = join(folder, 'perf.data');
    await run('perf', ['record', '-q', '-o', file, ...options, ...workload]);
    expect(await expectSame(file)).toBeGreaterThan(0);
  });

  it('gives what perf script prints of a pipe, compressed or not', async () => {
    for (const compression of [[], ['-z']]) {
      const file = join(folder, 'pipe.data');
      const options = ['record', '-q', '-a', '-o', '-', ...compression, ...EVENTS, ...workload];
      const perf = execFile('perf', options, { encoding: 'buffer', maxBuffer: 1 << 30 });
      await pipeline(perf.stdout!, createWriteStream(file));
      expect(await expectSame(file)).toBeGreaterThan(0);
    }
  });

  it('gives what perf script prints of the pieces of --switch-output', async () => {
    const file = join(folder, 'switched.data');
    await run('perf', [
      'record',
      '-q',
      '-a',
      '-o',
      file,
      '--switch-output=1s',
      ...EVENTS,
      '--',
      'sleep',
      '2',
    ]);
    const pieces = (await readdir(folder)).filter((name) => name.startsWith('switched.data.'));
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) await expectSame(join(folder, piece));
  });

  it('knows the machine and the clock from the file', async () => {
    const file = join(folder, 'perf.data');
    await run('perf', ['record', '-q', '-a', '-k', 'mono', '-o', file, ...EVENTS, ...workload]);
    const facts = readPerfFacts(await readFile(file))!;
    const { stdout } = await run('uname', ['-nr']);
    expect(`${facts.hostname} ${facts.osRelease}\n`).toBe(stdout);
    expect(facts.clock).toBe('mono');
    expect(facts.clockReference?.clock).toBe('mono');
    // perf 7.2 writes no more of it than its own name.
    const header = await run('perf', ['report', '--header-only', '-i', file]);
    expect(header.stdout).toContain(`# cmdline : ${facts.commandLine!.join(' ')}`);
    expect(facts.numaNodes?.flatMap(({ cpus }) => cpus).length).toBe(facts.cpusOnline);
  });
});
