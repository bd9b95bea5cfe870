import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliEnv, ROOT, runCli } from './run-cli.ts';

const SAMPLE = 'samples/local-block-device.iotrace.zip';
const TIMEOUT = { timeout: 60_000 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('streams', () => {
  it('puts the result on stdout and nothing on stderr', TIMEOUT, async () => {
    const { stdout, stderr, exitCode } = await runCli(['report', SAMPLE]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('500 of 500 requests followed');
    expect(stderr).toBe('');
  });

  it('colours nothing and keeps to 79 columns in a pipe', TIMEOUT, async () => {
    const { stdout } = await runCli(['report', SAMPLE]);
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(79);
  });

  it('writes to the file of -o instead', TIMEOUT, async () => {
    const file = join(folder, 'report.json');
    const onStdout = await runCli(['report', '-f', 'json', SAMPLE]);
    const toFile = await runCli(['report', '-f', 'json', SAMPLE, '-o', file]);
    expect(toFile).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await readFile(file, 'utf8')).toBe(onStdout.stdout);
    expect((await runCli(['report', '-f', 'json', SAMPLE, '-o', '-'])).stdout).toBe(onStdout.stdout);
  });

  it('ends well when the reader of its pipe stops early', TIMEOUT, async () => {
    const command = `set -o pipefail; '${process.execPath}' dist/bin/cli.js report ${SAMPLE} | head -1`;
    const run = await promisify(execFile)('bash', ['-c', command], { cwd: ROOT, env: cliEnv() });
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/local-block-device/);
  });
});
