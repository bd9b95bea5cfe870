/**
 * The guest's part with this machine's own sh in the guest's place: what it makes in tracefs, and that it goes however the
 * connection ends. Needs root and tracefs; says why it is skipped. Makes one instance of iotrace's name and nothing else.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { GuestSide } from '../../src/capture/guest/guest-side.ts';
import { findTracefs } from '../../src/capture/tracefs/trace-files.ts';
import { messageOf } from '../../src/errors.ts';

const files = await findTracefs().catch((error: unknown) => messageOf(error));
const whyNot = typeof files === 'string' ? files : undefined;
if (whyNot !== undefined) process.stderr.write(`live tests of the guest’s part are skipped: ${whyNot}\n`);

const MEMORY = ['/dev/shm', '/dev'];
const tracefs = typeof files === 'string' ? '' : files.root;

/** What a run of this name has made. */
function madeBy(name: string): string[] {
  const folders = [`${tracefs}/instances`, ...MEMORY];
  return folders.flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).filter((each) => each === name) : [],
  );
}

const nameOf = (guest: GuestSide) => guest.group.replaceAll('_', '-');

describe.skipIf(whyNot !== undefined)('a guest’s shell', { timeout: 60_000 }, () => {
  it('makes an instance and a folder in memory, and takes both back at the end', async () => {
    const guest = await GuestSide.open(['sh']);
    await guest.run('iot_instance', 'mono', '64');
    expect(madeBy(nameOf(guest))).toHaveLength(2);
    expect(await guest.run('cat $iot_I/trace_clock')).toContain('[mono]');
    await guest.close();
    expect(madeBy(nameOf(guest))).toEqual([]);
  });

  it.each([
    ['the connection drops and it reads the end of its input', ['sh', '-c', 'cat | sh'], 'cat'],
    ['it is killed itself', ['sh'], 'sh'],
  ])('leaves nothing when %s', async (_, command, victim) => {
    const guest = await GuestSide.open(command);
    await guest.run('iot_instance', 'mono', '64');
    const name = nameOf(guest);
    expect(madeBy(name)).toHaveLength(2);
    const waiting = Number(/pid (\d+)/.exec(await guest.run('iot_work', '1000', 'true'))![1]);
    const shell = Number(name.split('-')[1]);
    const pid = victim === 'sh' ? shell : siblingOf(shell, victim);
    process.kill(pid, 'SIGKILL');
    // The second is found by the subshell that waits for signs of life, every five seconds.
    await expect.poll(() => madeBy(name), { timeout: 30_000, interval: 200 }).toEqual([]);
    await expect.poll(() => existsSync(`/proc/${waiting}`)).toBe(false);
    await expect(guest.run('echo')).rejects.toMatchObject({ code: 'guest-lost' });
    await guest.close();
  });

  it('hears signs of life while something else takes long', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const guest = await GuestSide.open(['sh']);
      await guest.run('iot_beat() { echo "$1" >> $iot_D/beats; }');
      guest.watch('vda');
      vi.advanceTimersByTime(60_000);
      await expect.poll(() => guest.run('cat $iot_D/beats || true')).toContain('vda');
      await guest.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

/** The process of this name with the same parent. */
function siblingOf(pid: number, name: string): number {
  const parent = execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  const rows = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', parent], { encoding: 'utf8' });
  return Number(new RegExp(`^\\s*(\\d+) ${name}$`, 'm').exec(rows)![1]);
}
