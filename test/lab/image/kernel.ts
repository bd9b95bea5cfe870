/** The kernel of Debian's packages, as an emulator starts it fastest. */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';

/** Modules nothing here uses: half of the disk. */
const UNUSED = [
  'sound',
  'drivers/gpu',
  'drivers/media',
  'drivers/net/wireless',
  'drivers/infiniband',
  'drivers/staging',
  'drivers/iio',
  'drivers/hid',
  'drivers/usb',
  'drivers/scsi',
  'drivers/bluetooth',
  'net/bluetooth',
  'net/mac80211',
  'net/wireless',
  'net/netfilter',
];

/**
 * Unpacks the packages of a kernel into a root file system, writes its uncompressed image to `vmlinux`, gives its version.
 * Not by dpkg: its hooks would make an initramfs nobody needs. Debian 13 moved modules to /usr/lib, sid split the package.
 */
export async function unpackKernel(debs: string, root: string, vmlinux: string): Promise<string> {
  const staging = `${debs}.unpacked`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging);
  for (const deb of await readdir(debs)) await execa('dpkg-deb', ['-x', join(debs, deb), staging]);
  const modules = await firstThatIs([join(staging, 'usr/lib/modules'), join(staging, 'lib/modules')]);
  const [version] = await readdir(modules);
  if (version === undefined) throw new Error('the kernel’s packages hold no modules');
  const image = await readFile(join(staging, 'boot', `vmlinuz-${version}`)).catch(() =>
    readFile(join(modules, version, 'vmlinuz')),
  );
  await writeFile(vmlinux, await uncompressed(image));
  for (const part of UNUSED)
    await rm(join(modules, version, 'kernel', part), { recursive: true, force: true });
  await rm(join(modules, version, 'vmlinuz'), { force: true });
  const target = join(root, 'usr/lib/modules', version);
  await rm(target, { recursive: true, force: true });
  await mkdir(join(root, 'usr/lib/modules'), { recursive: true });
  await rename(join(modules, version), target).catch(() =>
    cp(join(modules, version), target, { recursive: true }),
  );
  await rm(staging, { recursive: true });
  await execa('chroot', [root, '/sbin/depmod', version]);
  return version;
}

async function firstThatIs(folders: readonly string[]): Promise<string> {
  for (const folder of folders)
    if (
      await readdir(folder).then(
        () => true,
        () => false,
      )
    )
      return folder;
  throw new Error(`none of ${folders.join(', ')} exists`);
}

/** How a bzImage's payload may be packed (Linux, scripts/extract-vmlinux). */
const PACKINGS: readonly { magic: Buffer; unpack: (packed: Buffer) => Promise<Uint8Array> | Uint8Array }[] = [
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), unpack: (packed) => through('xz', packed) },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: (packed) => through('zstd', packed) },
  { magic: Buffer.from([0x1f, 0x8b, 8]), unpack: (packed) => gunzipSync(packed) },
];

/** Rubbish follows the payload, so these fail at its end; what they wrote until then is whole. */
async function through(program: 'xz' | 'zstd', packed: Buffer): Promise<Uint8Array> {
  const { stdout } = await execa(program, ['-dcq'], {
    input: packed,
    encoding: 'buffer',
    reject: false,
    maxBuffer: 1 << 28,
  });
  return stdout;
}

/** The ELF file within a bzImage: it boots through PVH, and no second is spent on unpacking it under emulation. */
async function uncompressed(image: Buffer): Promise<Uint8Array> {
  for (const { magic, unpack } of PACKINGS) {
    for (let at = image.indexOf(magic); at >= 0; at = image.indexOf(magic, at + 1)) {
      const whole = await Promise.resolve()
        .then(() => unpack(image.subarray(at)))
        .catch(() => undefined);
      if (whole !== undefined && Buffer.from(whole.subarray(0, 4)).toString('latin1') === '\x7fELF')
        return whole;
    }
  }
  throw new Error('the kernel’s image holds no payload that xz, zstd or gzip can read');
}
