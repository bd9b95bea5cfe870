/** What the host's root file system is made of. */
/** Installed there without recommendations. */
export const PACKAGES: readonly string[] = [
  'bpftrace',
  'busybox-static',
  'dropbear-bin',
  'fio',
  'iproute2',
  'ipxe-qemu',
  'kmod',
  'linux-perf',
  'openssh-client',
  'procps',
  'qemu-system-x86',
  // qemu-storage-daemon since Debian 13.
  'qemu-utils',
  'seabios',
  'udev',
];

/** Programs of this machine that build and run the lab, and the Debian package each comes in. */
export const TOOLS: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'qemu-system-x86_64': 'qemu-system-x86',
  gcc: 'gcc',
  cpio: 'cpio',
  xz: 'xz-utils',
  zstd: 'zstd',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  'mkfs.ext4': 'e2fsprogs',
};
