/** The generations of kernel, QEMU and tracers the lab knows, as data. */

export interface Release {
  /** What --debian takes. */
  readonly name: '12' | '13' | 'sid';
  readonly suite: string;
  /** The release whose QEMU runs the host, where this machine's own will not do. */
  readonly emulator?: { readonly from: Release['name']; readonly why: string };
}

export const RELEASES: readonly Release[] = [
  { name: '12', suite: 'bookworm' },
  { name: '13', suite: 'trixie' },
  {
    name: 'sid',
    suite: 'sid',
    emulator: {
      from: '13',
      why: 'QEMU 7.2 lays out XSAVE so that a guest with a kernel 7.2 panics in fpu__init_system_xstate',
    },
  },
];

/** The release of that name; undefined when there is none. */
export function releaseByName(name: string): Release | undefined {
  return RELEASES.find((release) => release.name === name);
}
