import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askProgram } from '../../src/capture/ask-program.ts';

describe('a program that is asked', () => {
  it('is heard however it ends, and missed where there is none', async () => {
    expect(await askProgram('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      ...{ stdout: 'out', stderr: 'err', exitCode: 3, missing: false },
    });
    expect(await askProgram('no-such-program', [])).toMatchObject({ missing: true });
  });

  it('is not waited for for ever, though it is deaf', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
    const program = join(folder, 'bpftrace');
    await writeFile(program, "#!/bin/sh\ntrap '' TERM INT\nread -r never < /dev/zero\n");
    await chmod(program, 0o755);
    try {
      await expect(askProgram(program, ['--version'], 300)).rejects.toMatchObject({
        code: 'program-silent',
        message: expect.stringContaining('--version did not end within 0.3 s.'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
