/**
 * A guest that QEMU emulates, with a root shell on its serial console and a virtio disk of ours: the kernel and the initramfs of the
 * lab, with a first process of its own. Nothing of it touches this machine's /dev/kvm.
 */
import { execFile } from 'node:child_process';
import { appendFile, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Shells follow one another on the console, as login would have it. */
const INIT = `#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for file in $(cat /lib/modules/virtio_pci.needs /lib/modules/virtio_blk.needs); do insmod /lib/modules/$file; done 2> /dev/null
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing
while [ ! -b /dev/vda ]; do sleep 0.1; done
echo guest is up
while :; do setsid sh -c 'exec sh -i < /dev/ttyS0 > /dev/ttyS0 2>&1'; done
`;

/** Folder of the lab's image of some release, undefined where none was built. */
export async function labImage(): Promise<string | undefined> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'iotrace-lab');
  for (const name of await readdir(cache).catch(() => [])) {
    const parts = ['vmlinux', 'initramfs.cpio', 'root.ext4'].map((part) => stat(join(cache, name, part)));
    // The disk is made last.
    if (/^1\d-/.test(name) && (await Promise.allSettled(parts)).every(({ status }) => status === 'fulfilled'))
      return join(cache, name);
  }
  return undefined;
}

export interface ConsoleGuest {
  readonly pid: number;
  /** Path of the socket its console is at. */
  readonly socket: string;
}

/** Starts it and waits until its shell is there. Its name is the folder's last part. */
export async function startConsoleGuest(folder: string, image: string, disk: string): Promise<ConsoleGuest> {
  await mkdir(join(folder, 'init'), { recursive: true });
  await writeFile(join(folder, 'init', 'init'), INIT, { mode: 0o755 });
  const initramfs = join(folder, 'initramfs');
  await copyFile(join(image, 'initramfs.cpio'), initramfs);
  // Of archives behind one another the kernel takes the later file.
  await run('sh', ['-c', 'echo init | cpio -o -H newc --quiet > ../more'], { cwd: join(folder, 'init') });
  await appendFile(initramfs, await readFile(join(folder, 'more')));
  const socket = join(folder, 'console.sock');
  const log = join(folder, 'console.log');
  await run('qemu-system-x86_64', [
    ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-m', '256M', '-display', 'none', '-vga', 'none'],
    ...['-kernel', join(image, 'vmlinux'), '-initrd', initramfs, '-no-reboot', '-monitor', 'none'],
    ...['-append', 'console=ttyS0 quiet loglevel=3 no_timer_check tsc=reliable mitigations=off panic=1'],
    ...['-name', folder.split('/').at(-1)!, '-object', 'iothread,id=io0'],
    ...['-drive', `file=${disk},format=raw,if=none,id=d0,cache=none,aio=native`],
    ...['-device', 'virtio-blk-pci,drive=d0,iothread=io0'],
    ...['-chardev', `socket,id=c0,path=${socket},server=on,wait=off,logfile=${log}`, '-serial', 'chardev:c0'],
    ...['-pidfile', join(folder, 'pid'), '-daemonize'],
  ]);
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
  for (let attempt = 0; attempt < 900; attempt++) {
    if (/guest is up[\s\S]*# /.test(await readFile(log, 'latin1'))) return { pid, socket };
    await new Promise((done) => setTimeout(done, 100));
  }
  process.kill(pid, 'SIGKILL');
  throw new Error(`the guest did not come up: ${(await readFile(log, 'latin1')).slice(-500)}`);
}
