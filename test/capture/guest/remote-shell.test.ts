/** The protocol, spoken with this machine's own sh and with things that are none. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AnswerReader } from '../../../src/capture/guest/answer-reader.ts';
import { RemoteShell } from '../../../src/capture/guest/remote-shell.ts';

const LIMITS = { ms: 20_000, bytes: 1 << 20 };
const SHORT = { ms: 300, bytes: 4096 };

const hasScript = (() => {
  try {
    return execFileSync('script', ['-qec', 'test -t 0 && echo yes', '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).includes('yes');
  } catch {
    process.stderr.write(
      'a shell on a terminal is not tested: there is no script(1), or it makes no terminal\n',
    );
    return false;
  }
})();

describe('RemoteShell', () => {
  it('runs scripts one after the other and tells their output from their status', async () => {
    const shell = await RemoteShell.open(['sh'], LIMITS);
    const answers = await Promise.all([
      shell.run('echo one; false'),
      shell.run('x=2; echo $x >&2'),
      shell.run('printf "no end of line $x"'),
      shell.run('cat'),
    ]);
    expect(answers).toEqual([
      { status: 1, text: 'one\n' },
      { status: 0, text: '2\n' },
      { status: 0, text: 'no end of line 2' },
      // A command that reads gets nothing: the next script is not its input.
      { status: 0, text: '' },
    ]);
    await shell.close();
    expect(shell.lost).toBeDefined();
  });

  it('keeps bytes as they are, in whatever pieces they come', async () => {
    const shell = await RemoteShell.open(['sh'], LIMITS);
    const parts: Buffer[] = [];
    const script = `i=0; while [ $i -lt 3000 ]; do printf 'line %d \\001\\377\\r\\n' $i; i=$((i+1)); done`;
    expect(await shell.fetch(script, (part) => void parts.push(Buffer.from(part)), LIMITS)).toBe(0);
    const lines = Array.from({ length: 3000 }, (_, line) => `line ${line} \x01\xff\r\n`);
    expect(Buffer.concat(parts).toString('latin1')).toBe(lines.join(''));
    await shell.close();
  });

  it('takes nothing for the end that only looks like one', async () => {
    const shell = await RemoteShell.open(['sh'], LIMITS);
    const { text } = await shell.run(`printf '\\niotrace 0123456789abcdef-0 0\\n\\niotrace  0\\n'`);
    expect(text).toBe('\niotrace 0123456789abcdef-0 0\n\niotrace  0\n');
    await shell.close();
  });

  it('gets through a greeting, and a shell that echoes', async () => {
    const shell = await RemoteShell.open(['sh', '-c', 'echo Welcome; echo; exec sh -v'], LIMITS);
    expect((await shell.run('printf "%s" answer')).text).toContain('answer');
    await shell.close();
  });

  it.each([
    [['sh', '-c', 'echo no such user >&2; exit 255'], /ended with status 255.*It said: 'no such user'/],
    [['/nowhere/ssh'], /ended with status 127/],
    [['cat'], /gave no answer/],
    [['sleep', '30'], /gave no answer/],
    [['sh', '-c', 'kill -9 $$'], /was ended by SIGKILL/],
    [['yes'], /answered with more than/],
  ])('says why %j gives no shell', async (command, why) => {
    await expect(RemoteShell.open(command, SHORT)).rejects.toMatchObject({
      code: 'guest-lost',
      message: expect.stringMatching(why),
    });
  });

  it('makes what a hostile side says harmless in its message', async () => {
    const command = ['sh', '-c', `printf '\\033[2J\\033]0;title\\007' >&2; exit 1`];
    await expect(RemoteShell.open(command, LIMITS)).rejects.toMatchObject({
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      message: expect.not.stringMatching(/[\u0000-\u001f\u007f]/),
    });
  });

  it('fails what is asked and all that comes later when the connection drops', async () => {
    const shell = await RemoteShell.open(['sh'], LIMITS);
    const asked = [shell.run('kill -9 $$'), shell.run('echo later')];
    for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'guest-lost' });
    await expect(shell.run('echo now')).rejects.toMatchObject({ code: 'guest-lost' });
    await shell.close();
  });

  it('ends though what the command left behind holds its streams open', async () => {
    // As a shared connection of ssh does (ControlPersist).
    const command = ['sh', '-c', 'sleep 300 & export LEFT=$!; exec sh'];
    const shell = await RemoteShell.open(command, LIMITS);
    const { text } = await shell.run('echo $LEFT');
    try {
      await shell.close();
    } finally {
      process.kill(Number(text));
    }
    expect(shell.lost).toBeDefined();
  });

  it.skipIf(!hasScript)('keeps a terminal out of the answers, and leaves it as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
    try {
      const shell = await RemoteShell.open(
        ['script', '-qec', `stty -g > ${folder}/before; sh -i; stty -g > ${folder}/after`, '/dev/null'],
        LIMITS,
      );
      expect(await shell.run('echo one; printf "two\\r\\nthree\\001"; false')).toEqual({
        status: 1,
        text: 'one\ntwo\r\nthree\x01',
      });
      // More than a line of a terminal can hold.
      expect((await shell.run(`printf %s '${'x'.repeat(9000)}' | wc -c`)).text).toBe('9000\n');
      await shell.close();
      const [before, after] = await Promise.all(
        ['before', 'after'].map((name) => readFile(join(folder, name), 'utf8')),
      );
      expect(after).toBe(before);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('cuts a side that does not stop', async () => {
    const shell = await RemoteShell.open(['sh'], LIMITS);
    let bytes = 0;
    const flood = shell.fetch(
      'while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done',
      (part) => (bytes += part.length),
      {
        ms: 20_000,
        bytes: 100_000,
      },
    );
    await expect(flood).rejects.toMatchObject({ message: expect.stringContaining('more than 100000 bytes') });
    expect(bytes).toBeLessThanOrEqual(100_000);
  });
});

describe('AnswerReader', () => {
  it.each([1, 2, 3, 7, 1000])('finds the end in pieces of %i bytes', (size) => {
    const text = Buffer.from('some\niotrace other 1\ntext\r\niotrace mark 12\r\n');
    let given = '';
    let status = -1;
    const reader = new AnswerReader('iotrace mark', 100, {
      give: (part) => (given += Buffer.from(part).toString()),
      done: (value) => (status = value),
      failed: () => undefined,
      flooded: () => undefined,
    });
    for (let at = 0; at < text.length; at += size) reader.take(text.subarray(at, at + size));
    expect([given, status]).toEqual(['some\niotrace other 1\ntext', 12]);
  });
});
