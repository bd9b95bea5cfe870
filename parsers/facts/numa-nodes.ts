import type { NodeCpusFact } from './facts.ts';
import type { PathValue } from './path-values.ts';
import { ProblemList, type Reading } from './reading.ts';
import { safeInteger, textLines } from './text-lines.ts';

/** The largest CPU number an event row can hold less one: 65535 stands for "not known". */
const MAX_CPU = 65534;

/** Reads the kernel's list form (`0-1,4`) into ascending numbers; undefined when it is not one. '' is an empty list. */
export function parseCpuList(text: string): readonly number[] | undefined {
  const cpus = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last > MAX_CPU) return undefined;
    for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

// /sys/devices/system/node/node0/cpulist:0-1        node0/cpulist: 0-1
const CPULIST = /(?:^|\/)node(\d{1,4})\/cpulist$/;

/** CPUs of each node, from sysfs settings. */
export function readNodeCpus(settings: readonly PathValue[]): Reading<readonly NodeCpusFact[]> {
  const problems = new ProblemList();
  const nodes = new Map<number, readonly number[]>();
  for (const { line, path, value } of settings) {
    const match = CPULIST.exec(path);
    if (match === null) continue;
    const cpus = parseCpuList(value);
    if (cpus === undefined) problems.error(line, 'not a list of CPUs');
    else nodes.set(Number(match[1]), cpus);
  }
  return { data: byNode(nodes), problems: problems.list() };
}

// # CPU,Core,Socket,Node,,L1d,L1i,L2        the last comment of `lscpu -p`; with -p=CPU,NODE only these two
const LSCPU_HEADER = /^# (?=.*\bCPU\b)(?=.*\bNode\b)[\w,:-]+$/i;

/** True when the text has the column heading that `lscpu -p=CPU,NODE` (or plain `lscpu -p`) prints. */
export function sniffLscpu(text: string): boolean {
  return textLines(text).some((entry) => LSCPU_HEADER.test(entry.text));
}

/** CPUs of each node, from `lscpu -p`. A CPU without a node (an offline one) is left out. */
export function parseLscpu(text: string): Reading<readonly NodeCpusFact[]> {
  const problems = new ProblemList();
  const nodes = new Map<number, number[]>();
  let cpuColumn = -1;
  let nodeColumn = -1;
  for (const { line, text: entry } of textLines(text)) {
    if (LSCPU_HEADER.test(entry)) {
      const columns = entry.slice(2).toLowerCase().split(',');
      cpuColumn = columns.indexOf('cpu');
      nodeColumn = columns.indexOf('node');
    }
    if (entry.startsWith('#')) continue;
    const fields = entry.split(',');
    const cpu = safeInteger(fields[cpuColumn] ?? '');
    const node = fields[nodeColumn] === '' ? undefined : safeInteger(fields[nodeColumn] ?? '');
    if (cpu === undefined || cpu < 0 || cpu > MAX_CPU) problems.error(line, 'not a line of lscpu -p');
    else if (node !== undefined) nodes.set(node, [...(nodes.get(node) ?? []), cpu]);
  }
  return { data: byNode(nodes), problems: problems.list() };
}

function byNode(nodes: ReadonlyMap<number, readonly number[]>): readonly NodeCpusFact[] {
  return [...nodes].map(([node, cpus]) => ({ node, cpus })).sort((a, b) => a.node - b.node);
}

// /sys/block/nvme0n1/device/numa_node:0        /sys/bus/pci/devices/0000:21:00.0/numa_node:1
const DRIVE_NODE = /\/numa_node$/;

/** Node of the drive; undefined when nothing says it, or several files say different things. */
export function readDriveNode(settings: readonly PathValue[]): Reading<number | undefined> {
  const problems = new ProblemList();
  const found = new Set<number>();
  for (const { line, path, value } of settings) {
    if (!DRIVE_NODE.test(path)) continue;
    const node = safeInteger(value);
    if (node === undefined || node < -1) problems.error(line, 'not a node number');
    else found.add(node);
  }
  if (found.size > 1) problems.error(0, 'several numa_node files disagree: which is the drive is not said');
  return { data: found.size === 1 ? [...found][0] : undefined, problems: problems.list() };
}
