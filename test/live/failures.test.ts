/**
 * What goes wrong while this machine is recorded: each time a clear message, nothing left that traces, and what was recorded kept. Needs
 * root, tracefs and loop devices; says why what is skipped is skipped.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { findTracefs, type TraceFiles } from '../../src/capture/tracefs/trace-files.ts';
import { TRACER_NAMES } from '../../src/capture/tracer-names.ts';
import { messageOf } from '../../src/errors.ts';
import { tracesOf, untilItTraces, whyNoProgram } from './left-behind.ts';
import { buildProgram, startProgram } from './program.ts';

const run = promisify(execFile);
const MIB = 1024 ** 2;
/** Of Debian and most others: owns nothing. */
const NOBODY = '65534';

const files = await findTracefs().catch((error: unknown) => messageOf(error));
const tracefs = files as TraceFiles;
const whyNot = typeof files === 'string' ? files : undefined;
if (whyNot !== undefined) process.stderr.write(`live tests of failures are skipped: ${whyNot}\n`);

describe.skipIf(whyNot !== undefined)('a recording that goes wrong', { timeout: 120_000 }, () => {
  let folder: string;
  let program: string;
  let loop: string;

  beforeAll(async () => {
    folder = await mkdtemp('/dev/shm/iotrace-failures-');
    program = await buildProgram(folder);
    const image = await open(join(folder, 'image'), 'wx');
    await image.write(Buffer.alloc(16 * MIB, 'iotrace'));
    await image.close();
    loop = (await run('losetup', ['-f', '--show', join(folder, 'image')])).stdout.trim();
  }, 120_000);
  afterAll(async () => {
    await run('losetup', ['-d', loop]);
    await rm(folder, { recursive: true });
  });

  const reads = (more: string) => [
    'sh',
    '-c',
    `${more} dd if=${loop} of=/dev/null bs=4k iflag=direct 2>/dev/null; done`,
  ];
  const endless = () => reads('while :; do');

  /** A small file system in memory. */
  async function withTmpfs(mib: number, body: (place: string) => Promise<void>): Promise<void> {
    const place = await mkdtemp(join(folder, 'full-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'iotrace-test', place]);
    try {
      await body(place);
    } finally {
      await run('umount', [place]);
    }
  }

  /** Waits until a stream of the recording holds something, 30 s at most. */
  async function untilSomethingIsWritten(place: string): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      const names = (await readdir(place, { recursive: true })).filter((name) => name.endsWith('.trace'));
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(place, name))).size));
      if (sizes.some((size) => size > 0)) return;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  it('is not begun where there is no room', async () => {
    await withTmpfs(32, async (place) => {
      const { child, said, ended } = startProgram(program, folder, [
        ...['record', '--disk', loop, '-o', join(place, 'a.zip'), '--', ...endless()],
      ]);
      expect(await ended).toBe(1);
      expect(said()).toMatch(/iotrace: .*full-\w+' has 32 MiB free; a recording needs 128 MiB\./);
      expect(await tracesOf(child.pid!, tracefs)).toEqual([]);
      expect(await readdir(place)).toEqual([]);
    });
  });

  it('keeps what it has when the disk is full', async () => {
    await withTmpfs(160, async (place) => {
      const { child, said, ended } = startProgram(program, folder, [
        ...['record', '--disk', loop, '-o', join(place, 'a.zip'), '--', ...endless()],
      ]);
      await untilItTraces(child.pid!, tracefs);
      await untilSomethingIsWritten(place);
      // Somebody else takes all the room there is.
      await run('sh', ['-c', 'cat /dev/zero > "$1"/other 2>/dev/null || true', 'sh', place]);
      expect(await ended, said()).toBe(1);
      expect(said()).toMatch(/iotrace: .*(?:ENOSPC|no space|no room)/i);
      expect(await tracesOf(child.pid!, tracefs)).toEqual([]);
      await rm(join(place, 'other'));
      const command = /the trace is still in \S+: iotrace import (.*) -o FILE/.exec(said())?.[1];
      expect(command, said()).toBeDefined();
      const files = (await run('sh', ['-c', `printf '%s\\n' ${command!}`])).stdout.trim().split('\n');
      const imported = startProgram(program, folder, ['import', ...files, '-o', join(folder, 'kept.zip')]);
      expect(await imported.ended, imported.said()).toBe(0);
      await (await openBundle(join(folder, 'kept.zip'))).close();
    });
  });

  it.each(TRACER_NAMES)('ends at once at the second Ctrl-C: %s', async (tracer) => {
    const missing = tracer === 'tracefs' ? undefined : await whyNoProgram(tracer);
    if (missing !== undefined) {
      process.stderr.write(`the second Ctrl-C of ${tracer} is skipped: ${missing}\n`);
      return;
    }
    const { child, said, ended } = startProgram(program, folder, [
      // A workload that Ctrl-C does not end.
      ...[
        'record',
        '--tracer',
        tracer,
        '--disk',
        loop,
        '-o',
        'b.zip',
        '--',
        ...reads("trap '' INT TERM; while :; do"),
      ],
    ]);
    await untilItTraces(child.pid!, tracefs);
    child.kill('SIGINT');
    await new Promise((done) => setTimeout(done, 100));
    child.kill('SIGINT');
    expect(await ended, said()).toBe(130);
    expect(said()).toContain('Stopped at once; nothing was kept, and nothing traces any more.');
    expect(await tracesOf(child.pid!, tracefs)).toEqual([]);
    expect(await readdir(folder)).not.toContain('b.zip');
  });

  it.each(['perf', 'bpftrace'])('says that there is no %s', async (tracer) => {
    // Only what the workload needs.
    const path = await mkdtemp(join(folder, 'path-'));
    for (const name of ['sh', 'dd', 'mkfifo']) await symlink(`/bin/${name}`, join(path, name));
    const { child, said, ended } = startProgram(
      program,
      folder,
      ['record', '--tracer', tracer, '--disk', loop, '-o', 'c.zip', '--', ...endless()],
      { PATH: path },
    );
    expect(await ended).toBe(1);
    expect(said()).toContain(`iotrace: There is no ${tracer} on this machine.\n`);
    expect(said()).toContain('--tracer tracefs');
    expect(await tracesOf(child.pid!, tracefs)).toEqual([]);
  });

  it('says to a user who is not root what is needed', async ({ skip }) => {
    const readable = await run('setpriv', [...asNobody(), process.execPath, '-e', '0']).catch(
      () => undefined,
    );
    if (readable === undefined) return skip('nobody cannot run Node.js here');
    await chmod(folder, 0o755);
    const own = join(folder, 'nobody');
    await mkdir(own, { mode: 0o777 });
    const failed = await run(
      'setpriv',
      [...asNobody(), process.execPath, program, 'record', '--disk', loop, '-o', join(own, 'd.zip')],
      { cwd: own },
    ).catch((error: { code: number; stderr: string }) => error);
    if (/ERR_MODULE_NOT_FOUND|EACCES: permission denied, open '.*\.js'/.test(failed.stderr))
      return skip('nobody may not read this program’s files here');
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toMatch(/root/);
    expect(failed.stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(own)).toEqual([]);
  });
});

function asNobody(): string[] {
  return [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
}
