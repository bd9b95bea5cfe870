import { readText, readU64, viewOf } from './binary.ts';
import { NO_CPU } from './row-limits.ts';

/** The largest number of a CPU; one above it stands for "not known". */
const MAX_CPU = NO_CPU - 1;

/** A NUMA node of the recorded machine. */
export interface PerfNumaNode {
  readonly node: number;
  readonly memoryTotalKib: number;
  readonly memoryFreeKib: number;
  readonly cpus: readonly number[];
}

/** How the CPUs of the recorded machine hang together. */
export interface PerfCpuTopology {
  /** CPUs of each package, and of each core. */
  readonly packages: readonly (readonly number[])[];
  readonly cores: readonly (readonly number[])[];
  /** Core and package number of each CPU, by CPU number. */
  readonly cpus: readonly { readonly core: number; readonly package: number }[];
}

/** Reads the parts of a feature (tools/perf/util/header.c) one after the other; gives undefined from the first that is not there. */
export class FeatureReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  u32(): number | undefined {
    return this.#take(4) ? this.#view.getUint32(this.#at - 4, true) : undefined;
  }

  u64(): number | undefined {
    return this.#take(8) ? readU64(this.#view, this.#at - 8) : undefined;
  }

  big(): bigint | undefined {
    return this.#take(8) ? this.#view.getBigUint64(this.#at - 8, true) : undefined;
  }

  /** A length and that many bytes, of which the text ends at the first zero. */
  text(): string | undefined {
    const length = this.u32();
    if (length === undefined || !this.#take(length)) return undefined;
    return readText(this.#bytes, this.#at - length, this.#at);
  }

  /** A count and that many texts. */
  texts(): string[] | undefined {
    const count = this.u32();
    if (count === undefined) return undefined;
    const texts: string[] = [];
    for (let i = 0; i < count; i++) {
      const text = this.text();
      if (text === undefined) return undefined;
      texts.push(text);
    }
    return texts;
  }

  #take(bytes: number): boolean {
    if (this.#at + bytes > this.#bytes.length) return false;
    this.#at += bytes;
    return true;
  }
}

/** HEADER_NUMA_TOPOLOGY; undefined when it is damaged. */
export function readNumaNodes(reader: FeatureReader): PerfNumaNode[] | undefined {
  const count = reader.u32();
  if (count === undefined) return undefined;
  const nodes: PerfNumaNode[] = [];
  for (let i = 0; i < count; i++) {
    const node = reader.u32();
    const memoryTotalKib = reader.u64();
    const memoryFreeKib = reader.u64();
    const cpus = cpuList(reader.text());
    if (
      node === undefined ||
      memoryTotalKib === undefined ||
      memoryFreeKib === undefined ||
      cpus === undefined
    ) {
      return undefined;
    }
    nodes.push({ node, memoryTotalKib, memoryFreeKib, cpus });
  }
  return nodes;
}

/** HEADER_CPU_TOPOLOGY of a machine with `cpuCount` CPUs; undefined when it is damaged. */
export function readCpuTopology(reader: FeatureReader, cpuCount: number): PerfCpuTopology | undefined {
  const packages = reader.texts()?.map(cpuList);
  const cores = reader.texts()?.map(cpuList);
  if (packages === undefined || cores === undefined) return undefined;
  const cpus: { core: number; package: number }[] = [];
  for (let cpu = 0; cpu < Math.min(cpuCount, MAX_CPU + 1); cpu++) {
    const core = reader.u32();
    const socket = reader.u32();
    if (core === undefined || socket === undefined) return undefined;
    cpus.push({ core, package: socket });
  }
  const isList = (list: number[] | undefined) => list !== undefined;
  return packages.every(isList) && cores.every(isList) ? { packages, cores, cpus } : undefined;
}

/** The CPUs of `0-3,8`, which the kernel writes in ascending order; undefined when it is no such list. */
function cpuList(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const cpus: number[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (range === null) return undefined;
    const first = Number(range[1]);
    const last = Number(range[2] ?? first);
    // Ascending, so that a list of many overlapping ranges takes no time.
    if (last > MAX_CPU || first > last || first <= (cpus.at(-1) ?? -1)) return undefined;
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}
