/** Builds what the lab boots, once: kept outside the tree, in a folder named by the hash of all that went into it. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { aptOptions, debianArchive } from '../machine-apt.ts';
import type { Release } from '../releases.ts';
import type { Say } from '../say.ts';
import { makeInitramfs } from './initramfs.ts';
import { unpackKernel } from './kernel.ts';
import { PACKAGES } from './packages.ts';

/** A host that can be booted. */
export interface Image {
  readonly release: Release;
  readonly folder: string;
  readonly vmlinux: string;
  readonly initramfs: string;
  /** Root disk, ext4, raw. */
  readonly disk: string;
  /** Private key of root on host and guest. */
  readonly key: string;
  /** The root file system the disk was made of. */
  readonly root: string;
}

/** Programs of inside/ that are C. */
const PROGRAMS = ['reader', 'hold-vm', 'clock-pairs'];

/** Scripts of inside/ the host calls by name. */
const HOST_SCRIPTS = [
  'bind-drives',
  'machine-state',
  'pin-thread',
  'start-guest',
  'stop-guest',
  'tsc-offset',
];

/** The image of a release: built now, unless there is one of the same inputs. `project` is the checkout. */
export async function imageOf(release: Release, project: string, say: Say): Promise<Image> {
  const inside = join(project, 'test/lab/inside');
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'iotrace-lab', `${release.name}-${await keyOf(release, project)}`);
  const image: Image = {
    release,
    folder,
    vmlinux: join(folder, 'vmlinux'),
    initramfs: join(folder, 'initramfs.cpio'),
    disk: join(folder, 'root.ext4'),
    key: join(folder, 'key'),
    root: join(folder, 'root'),
  };
  if (await isThere(image.disk)) return image;
  const began = Date.now();
  say(`building the image of Debian ${release.name}, which takes some minutes`);
  await build(image, inside);
  say(`built in ${Math.round((Date.now() - began) / 1000)} s: ${folder}`);
  return image;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Of all files the image is made by; what Debian has in its archive meanwhile does not count. */
async function keyOf(release: Release, project: string): Promise<string> {
  const hash = createHash('sha256').update(release.suite);
  for (const folder of ['inside', 'image']) {
    const path = join(project, 'test/lab', folder);
    for (const name of (await readdir(path)).sort())
      hash.update(name).update(await readFile(join(path, name)));
  }
  return hash.digest('hex').slice(0, 12);
}

async function build(image: Image, inside: string): Promise<void> {
  const { folder, root } = image;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const debs = join(folder, 'kernel');
  await mkdir(debs);
  await makeRoot(image.release, root, debs);
  const kernel = await unpackKernel(debs, root, image.vmlinux);
  const programs = join(folder, 'programs');
  await mkdir(programs);
  for (const name of PROGRAMS)
    await execa('gcc', ['-O2', '-Wall', '-static', '-o', join(programs, name), join(inside, `${name}.c`)]);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', image.key]);
  const publicKey = await readFile(`${image.key}.pub`, 'utf8');
  await setUpRoot(image, inside, programs, publicKey);
  await makeInitramfs({ root, kernel, inside, programs, publicKey }, image.initramfs);
  await copyFile(image.vmlinux, join(root, 'boot/vmlinux'));
  await copyFile(image.initramfs, join(root, 'boot/initramfs.cpio'));
  // Named last: a disk that is there is whole.
  const disk = `${image.disk}.part`;
  await execa('truncate', ['-s', '3G', disk]);
  await execa('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', '-d', root, disk]);
  await rename(disk, image.disk);
}

/** The release's packages, installed in a folder, and its kernel's, only downloaded. */
async function makeRoot(release: Release, root: string, debs: string): Promise<void> {
  const archive = await debianArchive();
  await execa(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=minbase',
      '--format=directory',
      ...['doc', 'man', 'locale', 'i18n'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`),
      '--aptopt=APT::Install-Recommends "false"',
      '--aptopt=Acquire::Languages "none"',
      ...(await aptOptions()).map((option) => `--aptopt=${option}`),
      `--include=${PACKAGES.join(',')}`,
      '--customize-hook=chroot "$1" apt-get -q -y install --download-only linux-image-amd64',
      `--customize-hook=cp "$1"/var/cache/apt/archives/linux-*.deb ${debs}/`,
      release.suite,
      root,
      archive,
    ],
    { env: { TMPDIR: join(root, '..') } },
  );
}

/** What makes the root file system the lab's host: its first process, its programs, its keys, its way to the guest. */
async function setUpRoot(image: Image, inside: string, programs: string, publicKey: string): Promise<void> {
  const { root } = image;
  await copyFile(join(inside, 'host-init.sh'), join(root, 'host-init'));
  for (const name of PROGRAMS) await copyFile(join(programs, name), join(root, 'usr/local/bin', name));
  for (const name of HOST_SCRIPTS) {
    const target = join(root, 'usr/local/bin', name);
    await copyFile(join(inside, `${name}.sh`), target);
    await chmod(target, 0o755);
  }
  await chmod(join(root, 'host-init'), 0o755);
  const ssh = join(root, 'root/.ssh');
  await mkdir(ssh, { recursive: true, mode: 0o700 });
  await writeFile(join(ssh, 'authorized_keys'), publicKey, { mode: 0o600 });
  await copyFile(image.key, join(ssh, 'id_ed25519'));
  await chmod(join(ssh, 'id_ed25519'), 0o600);
  await copyFile(join(inside, 'ssh-config'), join(ssh, 'config'));
  await mkdir(join(root, 'etc/dropbear'), { recursive: true });
  const hostKey = 'etc/dropbear/dropbear_ed25519_host_key';
  if (!(await isThere(join(root, hostKey))))
    await execa('chroot', [root, 'dropbearkey', '-t', 'ed25519', '-f', `/${hostKey}`]);
  await execa('chroot', [root, 'passwd', '-d', 'root']);
}
