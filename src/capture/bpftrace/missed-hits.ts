import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Hits that programs of this process missed, because they came while another BPF program ran on their CPU: the kernel's own
 * count (recursion_misses in /proc/PID/fdinfo, since 5.12; tracepoints and kprobes count since 6.7, bpf_prog_active in
 * kernel/trace/bpf_trace.c). Undefined where the kernel does not say.
 */
export async function missedHits(pid: number, proc = '/proc'): Promise<number | undefined> {
  const folder = join(proc, String(pid), 'fdinfo');
  const programs = new Map<string, number>();
  for (const name of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, name), 'latin1').catch(() => '');
    // prog_id:	309
    const id = /^prog_id:\s*(\d+)$/m.exec(text)?.[1];
    const missed = /^recursion_misses:\s*(\d+)$/m.exec(text)?.[1];
    if (id !== undefined && missed !== undefined) programs.set(id, Number(missed));
  }
  return programs.size === 0 ? undefined : [...programs.values()].reduce((sum, each) => sum + each, 0);
}
