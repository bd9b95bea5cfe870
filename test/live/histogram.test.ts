/** Histograms of this machine's own disk, counted in the kernel. Needs root, fio and bpftrace; says why it is skipped. */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTracefs } from '../../src/capture/tracefs/trace-files.ts';
import { messageOf } from '../../src/errors.ts';
import { quantile } from '../../src/histogram/buckets.ts';
import { histogramSchema, UNPAIRED } from '../../src/histogram/histogram-model.ts';
import { whyNoProgram } from './left-behind.ts';
import { buildProgram, startProgram } from './program.ts';

const whyNot = await findTracefs().then(
  async () => (await whyNoProgram('fio')) ?? (await whyNoProgram('bpftrace')),
  (error: unknown) => messageOf(error),
);
if (whyNot !== undefined) process.stderr.write(`live histograms are skipped: ${whyNot}\n`);

const READS = 500;

describe.skipIf(whyNot !== undefined)('iotrace record --histogram, live', { timeout: 120_000 }, () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await mkdtemp('/var/tmp/iotrace-live-');
    program = await buildProgram(folder);
    const file = await open(join(folder, 'data'), 'wx');
    await file.write(Buffer.alloc(4 * 1024 ** 2, 7));
    await file.sync();
    await file.close();
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('counts fio’s reads, all of them, and as long as fio says', async () => {
    const log = join(folder, 'fio.json');
    const output = join(folder, 'counted.json');
    const fio = [
      ...[
        'fio',
        '--name=h',
        `--filename=${join(folder, 'data')}`,
        '--readonly',
        '--direct=1',
        '--rw=randread',
      ],
      ...['--bs=4k', '--ioengine=psync', `--number_ios=${READS}`, '--output-format=json', `--output=${log}`],
    ];
    const { said, ended } = startProgram(program, folder, [
      'record',
      '--histogram',
      '-o',
      output,
      '--',
      ...fio,
    ]);
    expect(await ended, said()).toBe(0);
    const { stages, missed, unpaired } = histogramSchema.parse(JSON.parse(await readFile(output, 'utf8')));
    const { read } = JSON.parse(await readFile(log, 'utf8')).jobs[0];
    expect(read.total_ios).toBe(READS);
    const of = (id: string) => stages.find((stage) => stage.id === id)!;
    const unfinished = unpaired.find(({ what }) => what === UNPAIRED.unfinished)!.n;
    // fio itself is read from the disk when it is not in memory: some calls more. What nested in another program is missed, and said.
    expect(of('call-to-issue').n, said()).toBeGreaterThanOrEqual(READS - (missed ?? 0));
    // Completions may be passed over that no one counts (readCounts); then their requests are said to be unfinished.
    expect(of('device').n + unfinished, said()).toBe(of('call-to-issue').n);
    expect(of('device').n, said()).toBeGreaterThanOrEqual(READS * 0.8);
    // The end of a call may be missed as well.
    expect(of('whole-call').n, said()).toBeGreaterThanOrEqual(of('device').n - (missed ?? 0));
    for (const { n } of stages) expect(n).toBeLessThan(READS + 200);
    // The call is what fio times, and a little less.
    expect(quantile(of('whole-call').buckets, 0.5)?.from).toBeGreaterThan(
      read.clat_ns.percentile['50.000000'] * 0.5,
    );
    expect(quantile(of('whole-call').buckets, 0.5)?.from).toBeLessThan(
      read.clat_ns.percentile['50.000000'] * 1.25,
    );
  });
});
