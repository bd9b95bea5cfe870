/** How bpftrace is ended: it can miss a signal, and one too many makes it end without printing. Its place is taken by shell scripts. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RunningScript } from '../../../src/capture/bpftrace/running-script.ts';

const PATH = process.env['PATH'];

/** Runs a script as bpftrace would be, which is to print into its file once it was told to end; what it printed. */
async function endOf(onSignals: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
  const output = join(folder, 'output');
  const running = new RunningScript({ output, name: 'test', printMs: 20_000, hints: { refused: '' } });
  try {
    await mkdir(join(folder, 'bin'));
    const script = [
      '#!/bin/sh',
      'exec 9</dev/null',
      onSignals,
      'echo __BPFTRACE_NOTIFY_PROBES_ATTACHED',
      'while [ -z "$told" ]; do sleep 0.05; done',
      'echo printed > "$4"',
    ];
    await writeFile(join(folder, 'bin', 'bpftrace'), `${script.join('\n')}\n`, { mode: 0o755 });
    process.env['PATH'] = `${join(folder, 'bin')}:${PATH}`;
    await writeFile(output, '');
    const watchdog = { guard: async () => undefined, release: async () => undefined };
    expect(await running.start(['script.bt'], { bounds: () => ({}) }, 1, watchdog)).toBe(true);
    await running.end();
    return await readFile(output, 'utf8');
  } finally {
    await running.kill();
    await rm(folder, { recursive: true });
  }
}

describe('bpftrace, told to end', () => {
  afterEach(() => {
    process.env['PATH'] = PATH;
  });

  it('is told again when it did not see the signal', async () => {
    expect(await endOf('trap "trap \'told=1\' INT" INT')).toBe('printed\n');
  });

  it('is left alone once it closes its probes, though printing takes it longer', async () => {
    expect(await endOf('trap "exec 9<&-; trap - INT; sleep 3; told=1" INT')).toBe('printed\n');
  });
});
