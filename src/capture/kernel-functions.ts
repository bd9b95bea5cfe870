import { readFile } from 'node:fs/promises';

/** Symbols of kernel and modules that are functions (/proc/kallsyms, proc(5)); empty where they may not be read. */
export async function kernelFunctions(): Promise<Set<string>> {
  const text = await readFile('/proc/kallsyms', 'latin1').catch(() => '');
  const names = new Set<string>();
  // ffffffffc0a1b2c0 t irqfd_wakeup	[kvm]
  for (const [, name] of text.matchAll(/^[0-9a-f]+ [tTwW] (\S+)/gm)) names.add(name!);
  return names;
}
