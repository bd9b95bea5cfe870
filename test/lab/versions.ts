/** What was booted, for the table of results. */
import { execa } from 'execa';
import type { Emulator } from './emulator.ts';
import type { LiveHost } from './live-host.ts';
import type { Versions } from './results.ts';

/** What is asked for in the host: one line each. */
const ASKED: Readonly<Record<string, string>> = {
  kernel: 'uname -r',
  QEMU: 'qemu-system-x86_64 --version | sed -n "1s/.*version \\([^ ]*\\).*/\\1/p"',
  bpftrace: 'bpftrace --version | sed "s/bpftrace v//"',
  perf: 'perf --version | sed "s/perf version //"',
  'Node.js': 'node --version | sed "s/v//"',
};

/** Versions by name, the emulator's last. */
export async function versionsOf(host: LiveHost, { program, leading, env }: Emulator): Promise<Versions> {
  const versions: Record<string, string> = {};
  for (const [name, command] of Object.entries(ASKED))
    versions[name] = (await host.run(command, 30_000)).stdout.trim() || 'not known';
  const { stdout } = await execa(program, [...leading, '--version'], { env });
  versions['emulated by QEMU'] = /version (\S+)/.exec(stdout)?.[1] ?? 'not known';
  return versions;
}
