import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { latencyLogOf } from '../../src/capture/latency-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const LOG = '1, 45900, 0, 4096, 0, 0x0000\n';
const write = (...names: string[]) => Promise.all(names.map((name) => writeFile(join(folder, name), LOG)));
const found = (...options: string[]) => latencyLogOf(['fio', '--name=a', ...options], folder, 0);

describe('the log of single latencies', () => {
  it('is the one that fio was asked for, where it was run', async () => {
    await write('q1_lat.1.log', 'q1_clat.1.log', 'q1_slat.1.log');
    expect(await found('--write_lat_log=q1')).toBe(join(folder, 'q1_lat.1.log'));
    expect(await found('--write_lat_log', 'q1')).toBe(join(folder, 'q1_lat.1.log'));
    expect(await found(`--write_lat_log=${folder}/q1`)).toBe(join(folder, 'q1_lat.1.log'));
  });

  it('may have no number (per_job_logs=0)', async () => {
    await write('q1_lat.log');
    expect(await found('--write_lat_log=q1', '--per_job_logs=0')).toBe(join(folder, 'q1_lat.log'));
  });

  it('is none without the option, of means, of several jobs, of a run before, or of another program', async () => {
    await write('q1_lat.1.log');
    await mkdir(join(folder, 'q2_lat.1.log'));
    expect(await found()).toBeUndefined();
    expect(await found('--write_lat_log=q2')).toBeUndefined();
    expect(await found('--write_lat_log=q1', '--log_avg_msec=100')).toBeUndefined();
    expect(await latencyLogOf(['sh', '--write_lat_log=q1'], folder, 0)).toBeUndefined();
    await utimes(join(folder, 'q1_lat.1.log'), 1000, 1000);
    expect(await latencyLogOf(['fio', '--write_lat_log=q1'], folder, 2_000_000)).toBeUndefined();
    await write('q1_lat.1.log', 'q1_lat.2.log');
    expect(await found('--write_lat_log=q1')).toBeUndefined();
  });
});
