/** Threads of a process: names, what they are for, where they may run. */
import type { NodeCpusFact, ThreadFact } from '../../parsers/facts/facts.ts';
import { parseCpuList } from '../../parsers/facts/numa-nodes.ts';
import { safeInteger } from '../../parsers/facts/text-lines.ts';
import type { GuestThread } from './guest.ts';
import type { MachineFiles } from './machine-files.ts';

/** CPUs of the machine and of its nodes. */
export interface CpuLayout {
  /** '0-7' */
  readonly online: string;
  readonly nodes: readonly NodeCpusFact[];
}

/** What a monitor says of threads, which names alone do not where debug-threads is off. */
export interface KnownThreads {
  /** tid → IOThread's id. */
  readonly iothreads: ReadonlyMap<number, string>;
  /** tid → vCPU's number. */
  readonly vcpus: ReadonlyMap<number, number>;
}

export const NO_KNOWN_THREADS: KnownThreads = { iothreads: new Map(), vcpus: new Map() };

const MAX_THREADS = 20_000;

/** The machine's CPUs, from sysfs. */
export async function readCpuLayout(files: MachineFiles): Promise<CpuLayout> {
  const online = (await files.text('/sys/devices/system/cpu/online')).trim();
  const nodes: NodeCpusFact[] = [];
  for (const name of await files.names('/sys/devices/system/node')) {
    const node = /^node(\d{1,5})$/.exec(name)?.[1];
    if (node === undefined) continue;
    const cpus = parseCpuList((await files.text(`/sys/devices/system/node/${name}/cpulist`)).trim());
    if (cpus !== undefined) nodes.push({ node: Number(node), cpus });
  }
  return { online, nodes: nodes.sort((a, b) => a.node - b.node) };
}

/** All threads of a process, ascending by tid. */
export async function readThreads(
  files: MachineFiles,
  pid: number,
  layout: CpuLayout,
  known: KnownThreads,
): Promise<GuestThread[]> {
  const tids = (await files.names(`/proc/${pid}/task`)).flatMap((name) => safeInteger(name) ?? []);
  const threads: GuestThread[] = [];
  for (const tid of tids.sort((a, b) => a - b).slice(0, MAX_THREADS)) {
    const folder = `/proc/${pid}/task/${tid}`;
    const name = (await files.text(`${folder}/comm`)).replace(/\n$/, '');
    const allowedCpus =
      /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(await files.text(`${folder}/status`))?.[1] ?? '';
    const cpus = parseCpuList(allowedCpus) ?? [];
    threads.push({
      tid,
      name,
      ...roleOf(tid, pid, name, known),
      allowedCpus,
      pinned: allowedCpus !== '' && layout.online !== '' && allowedCpus !== layout.online,
      nodes: layout.nodes
        .filter((node) => node.cpus.some((cpu) => cpus.includes(cpu)))
        .map(({ node }) => node),
      lastCpu: lastCpu(await files.text(`${folder}/stat`)),
    });
  }
  return threads;
}

/** Threads as facts of a recording. */
export function threadFacts(threads: readonly GuestThread[]): ThreadFact[] {
  return threads.map(({ tid, name }) => ({ tid, name }));
}

function roleOf(
  tid: number,
  pid: number,
  name: string,
  known: KnownThreads,
): Pick<GuestThread, 'role' | 'id'> {
  const iothread = known.iothreads.get(tid);
  if (iothread !== undefined) return { role: 'iothread', id: iothread };
  const vcpu = known.vcpus.get(tid);
  if (vcpu !== undefined) return { role: 'vcpu', id: String(vcpu) };
  if (tid === pid) return { role: 'main', id: '' };
  // comm holds 15 bytes: "CPU 12/KVM", "IO io0", "IO mon_iothread" (the monitor's own)
  const number = /^CPU (\d{1,5})\//.exec(name)?.[1];
  if (number !== undefined) return { role: 'vcpu', id: number };
  const id = /^IO (?!mon_iothread)(.+)$/s.exec(name)?.[1];
  return id === undefined ? { role: 'other', id: '' } : { role: 'iothread', id };
}

/** Field 39 of /proc/TID/stat; the name in field 2 may hold blanks and brackets. */
function lastCpu(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return safeInteger(fields[36] ?? '') ?? null;
}
