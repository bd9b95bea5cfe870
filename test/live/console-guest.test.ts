/**
 * A guest without a network, recorded through its serial console; and what a recording does when the way into the guest is cut, and
 * when the guest ends. Needs root, tracefs, QEMU, loop devices and an image of the lab; says why it is skipped.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { RemoteShell } from '../../src/capture/guest/remote-shell.ts';
import { makerOf } from '../../src/capture/run-name.ts';
import { findTracefs, type TraceFiles } from '../../src/capture/tracefs/trace-files.ts';
import { messageOf } from '../../src/errors.ts';
import { type ConsoleGuest, labImage, startConsoleGuest } from './console-guest.ts';
import { childrenOf, tracesOf, untilItTraces, whyNoProgram } from './left-behind.ts';
import { buildProgram, reportOf, startProgram } from './program.ts';

const run = promisify(execFile);
const MIB = 1024 ** 2;

const files = await findTracefs().catch((error: unknown) => messageOf(error));
const tracefs = files as TraceFiles;
const image = await labImage();
const whyNot =
  typeof files === 'string'
    ? files
    : ((await whyNoProgram('qemu-system-x86_64')) ??
      (await whyNoProgram('cpio')) ??
      (image === undefined ? 'there is no image of the lab: npm run lab -- bare-irq builds one' : undefined));
if (whyNot !== undefined) process.stderr.write(`live tests of an emulated guest are skipped: ${whyNot}\n`);

/** Connects its standard streams with a socket, as socat does. */
const CONNECT = `import { connect } from 'node:net';
const socket = connect(process.argv[2]);
process.stdin.pipe(socket).pipe(process.stdout);
`;

const ENDLESS = ['sh', '-c', 'while :; do dd if=/dev/vda of=/dev/null bs=4k count=500 iflag=direct; done'];

describe.skipIf(whyNot !== undefined)('a guest with a console alone', { timeout: 180_000 }, () => {
  let folder: string;
  let program: string;
  let loop: string;
  let guest: ConsoleGuest;
  let name: string;
  let way: string[];

  beforeAll(async () => {
    folder = await mkdtemp('/dev/shm/iotrace-console-');
    program = await buildProgram(folder);
    const disk = await open(join(folder, 'image'), 'wx');
    await disk.write(Buffer.alloc(16 * MIB, 'iotrace'));
    await disk.close();
    loop = (await run('losetup', ['-f', '--show', join(folder, 'image')])).stdout.trim();
    name = folder.split('/').at(-1)!;
    guest = await startConsoleGuest(folder, image!, loop);
    await writeFile(join(folder, 'connect.mjs'), CONNECT);
    way = [process.execPath, join(folder, 'connect.mjs'), guest.socket];
  }, 180_000);
  afterAll(async () => {
    if (await isThere(guest.pid)) process.kill(guest.pid, 'SIGKILL');
    while (await isThere(guest.pid)) await new Promise((done) => setTimeout(done, 20));
    await run('losetup', ['-d', loop]);
    await rm(folder, { recursive: true });
  });

  /** Whether the process is a QEMU of ours still. */
  const isThere = (pid: number) =>
    readFile(`/proc/${pid}/cmdline`, 'latin1').then(
      (words) => words.includes(folder),
      () => false,
    );

  const start = (bundle: string, command: readonly string[]) =>
    startProgram(program, folder, [
      ...['record', name, '--guest-exec', way.join(' '), '--guest-run', '-o', bundle, '--', ...command],
    ]);

  it('is recorded on both sides, and its shell is left as it was', async () => {
    const dd = ['dd', 'if=/dev/vda', 'of=/dev/null', 'bs=4k', 'count=97', 'iflag=direct'];
    const { child, said, ended } = start('a.zip', dd);
    expect([0, 3], said()).toContain(await ended);
    expect(said()).toContain('the workload ended');
    expect(await tracesOf(child.pid!, tracefs)).toEqual([]);
    const report = await reportOf(program, join(folder, 'a.zip'));
    expect(report.path.name).toBe('virtio-blk-iothread');
    // An emulated kernel misses system calls of its own; none of the requests, and nothing of what it wrote.
    expect(report.requests.seen).toBe(97);
    expect(report.losses).toEqual([]);
    const shell = await RemoteShell.open(way);
    expect(await shell.run('ls /sys/kernel/tracing/instances /dev/shm')).toEqual({
      status: 0,
      text: '/dev/shm:\n\n/sys/kernel/tracing/instances:\n',
    });
    await shell.close();
  });

  /** What a recording said and left that lost its guest by this. */
  async function losing(bundle: string, lose: (pid: number) => Promise<void>) {
    const { child, said, ended } = start(bundle, ENDLESS);
    await untilItTraces(child.pid!, tracefs);
    while (!(await isOn(child.pid!))) await new Promise((done) => setTimeout(done, 50));
    const before = await reads();
    while ((await reads()) < before + 100) await new Promise((done) => setTimeout(done, 50));
    await lose(child.pid!);
    expect(await ended, said()).toBe(3);
    expect(said()).toContain('the guest or the connection to it is gone; what the host recorded is kept');
    expect(await tracesOf(child.pid!, tracefs)).toEqual([]);
    const opened = await openBundle(join(folder, bundle));
    await opened.close();
    const notes = JSON.stringify(opened.manifest.facts);
    expect(notes).toContain('the recording inside the guest is lost: The connection to the guest');
    const report = await reportOf(program, join(folder, bundle));
    expect(report.requests.matched).toBeGreaterThan(90);
    return said();
  }

  /** Whether the recording of this pid is past its preparations. */
  async function isOn(pid: number): Promise<boolean> {
    const [instance] = (await tracefs.list('instances')).filter((each) => makerOf(each) === pid);
    const on = await tracefs.read(`instances/${instance}/tracing_on`).catch(() => '');
    return on.trim() === '1';
  }

  /** Reads its disk has completed. */
  const reads = async () =>
    Number((await readFile(`/sys/block/${loop.slice(5)}/stat`, 'utf8')).trim().split(/\s+/)[0]);

  it('keeps what the host recorded when the connection is cut', async () => {
    const said = await losing('b.zip', async (pid) => {
      for (const each of await childrenOf(pid))
        if ((await readFile(`/proc/${each}/cmdline`, 'latin1')).includes('connect.mjs'))
          process.kill(each, 'SIGKILL');
    });
    expect(said).toMatch(/The connection to the guest \(.*\) was ended by SIGKILL\./);
  });

  it('keeps what the host recorded when the guest ends', async () => {
    const said = await losing('c.zip', async () => void process.kill(guest.pid, 'SIGKILL'));
    expect(said).toMatch(/The connection to the guest \(.*\) ended with status \d+\./);
  });
});
