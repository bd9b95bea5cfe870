/** The initramfs host and guest start from: busybox, some modules, an ssh server and the reader. */
import { chmod, copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';

/** Loaded by inside/init.sh, in whichever of the two machines needs them; what a kernel has built in is skipped. */
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'nvme', 'crc32c-intel', 'crc32c_generic', 'ext4'];

export interface InitramfsParts {
  /** Root file system modules and programs are taken from. */
  readonly root: string;
  /** Version of its kernel. */
  readonly kernel: string;
  /** Folder of inside/. */
  readonly inside: string;
  /** Folder of the programs built of it. */
  readonly programs: string;
  /** Public key that may log in. */
  readonly publicKey: string;
}

/** Makes the archive `file`, by way of a folder beside it. */
export async function makeInitramfs(parts: InitramfsParts, file: string): Promise<void> {
  const tree = `${file}.tree`;
  const { root } = parts;
  await rm(tree, { recursive: true, force: true });
  for (const folder of [
    'bin',
    'dev',
    'proc',
    'sys',
    'tmp',
    'run',
    'lib/modules',
    'etc/dropbear',
    'root/.ssh',
    'usr/bin',
  ])
    await mkdir(join(tree, folder), { recursive: true });
  await copyFile(join(root, 'bin/busybox'), join(tree, 'bin/busybox'));
  await symlink('busybox', join(tree, 'bin/sh'));
  await copyFile(join(parts.programs, 'reader'), join(tree, 'bin/reader'));
  for (const [script, target] of [
    ['init.sh', 'init'],
    ['machine-state.sh', 'bin/machine-state'],
  ] as const) {
    await copyFile(join(parts.inside, script), join(tree, target));
    await chmod(join(tree, target), 0o755);
  }
  for (const name of MODULES) await addModule(parts, tree, name);
  await addSshServer(parts, tree);
  await execa('sh', ['-c', 'find . | cpio -o -H newc --quiet > "$0"', file], { cwd: tree });
  await rm(tree, { recursive: true });
}

/** NAME.needs lists the module files of NAME in the order they are loaded, NAME.ko last. */
async function addModule({ root, kernel }: InitramfsParts, tree: string, name: string): Promise<void> {
  const asked = await execa('chroot', [root, '/sbin/modprobe', '-S', kernel, '--show-depends', name], {
    reject: false,
  });
  const files = [...asked.stdout.matchAll(/^insmod (\S+)/gm)].map(([, file]) => file!);
  const needs: string[] = [];
  for (const file of files) {
    const plain = basename(file).replace(/\.(xz|zst)$/, '');
    const target = join(tree, 'lib/modules', plain);
    await writeFile(target, await unpackedModule(join(root, file)));
    await execa('strip', ['--strip-debug', target]);
    needs.push(plain);
  }
  if (needs.length > 0) await writeFile(join(tree, 'lib/modules', `${name}.needs`), `${needs.join('\n')}\n`);
}

async function unpackedModule(file: string): Promise<Uint8Array> {
  const program = file.endsWith('.xz') ? 'xz' : file.endsWith('.zst') ? 'zstd' : undefined;
  if (program === undefined) return readFile(file);
  return (await execa(program, ['-dcq', file], { encoding: 'buffer', maxBuffer: 1 << 28 })).stdout;
}

/** Dropbear with its libraries, the host's key, and root's login by key alone. */
async function addSshServer({ root, publicKey }: InitramfsParts, tree: string): Promise<void> {
  const server = '/usr/sbin/dropbear';
  const { stdout } = await execa('chroot', [root, 'ldd', server]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file!);
  for (const file of [server, ...libraries]) {
    await mkdir(join(tree, dirname(file)), { recursive: true });
    // Libraries are symbolic links to their versions: what they lead to is copied, under the name that is asked for.
    await cp(join(root, file), join(tree, file), { dereference: true });
  }
  await cp(join(root, 'etc/dropbear'), join(tree, 'etc/dropbear'), { recursive: true });
  await writeFile(join(tree, 'root/.ssh/authorized_keys'), publicKey, { mode: 0o600 });
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\n');
  await writeFile(join(tree, 'etc/shadow'), 'root:*:19000:0:99999:7:::\n', { mode: 0o600 });
}
