/**
 * Which events tell local from remote memory on this CPU. perf is asked, event by event: its tables differ by build, and what a
 * table names a hypervisor may not let through. Raw codes are tried only on the generation they are known for.
 */

/** The CPU by /proc/cpuinfo; 0 and '' where it does not say (Arm). */
export interface Cpu {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  /** False: the kernel has no driver for its counters, as in most virtual machines. */
  readonly hasCounters: boolean;
}

/** What perf said to one question: its exit status, and rows and complaints together. */
export interface PerfAnswer {
  readonly exitCode: number | undefined;
  readonly text: string;
}

/** Counts events of `true`: `perf stat … -e EVENTS -- true`. Exit status undefined: there is no perf. */
export type AskPerf = (events: readonly string[]) => Promise<PerfAnswer>;

/** What is to be counted; `supported` false: perf knows the names and this machine counts none of them. */
export interface MemoryEvents {
  readonly events: readonly string[];
  readonly supported: boolean;
  /** perf's rows for the last ones tried. */
  readonly text: string;
}

interface Candidate {
  readonly events: readonly string[];
  /** Undefined: any CPU whose perf has a table with these names. */
  readonly only?: (cpu: Cpu) => boolean;
}

const intel = (models: readonly number[]) => (cpu: Cpu) =>
  cpu.vendor === 'GenuineIntel' && cpu.family === 6 && models.includes(cpu.model);
const amd = (family: number, has: (model: number) => boolean) => (cpu: Cpu) =>
  cpu.vendor === 'AuthenticAMD' && cpu.family === family && has(cpu.model);

/** A raw code under the name its table would give it, so that readers need no codes. */
const raw = (event: string, umasks: Readonly<Record<string, string>>, family: string) =>
  Object.entries(umasks).map(([name, umask]) => `cpu/event=${event},umask=${umask},name=${family}.${name}/`);
const named = (family: string, ...names: readonly string[]) => names.map((name) => `${family}.${name}`);

/** Skylake and Cascade Lake SP, Ice Lake SP and D, Sapphire and Emerald Rapids (arch/x86/include/asm/intel-family.h). */
const INTEL_SERVERS = [0x55, 0x6a, 0x6c, 0x8f, 0xcf];
const L3 = 'mem_load_l3_miss_retired';
const FILLS = 'ls_dmnd_fills_from_sys';

/** Best first: those that count per thread, with caches of the other node told apart from its memory. */
const CANDIDATES: readonly Candidate[] = [
  { events: named(L3, 'local_dram', 'remote_dram', 'remote_hitm', 'remote_fwd') },
  { events: named('ocr.reads_to_core', 'local_dram', 'remote_dram') },
  { events: named('ocr.demand_data_rd', 'local_dram', 'remote_dram') },
  // Zen 4 and 5, Zen 3, Zen 2: the same counter under three names
  { events: named(FILLS, 'dram_io_near', 'dram_io_far', 'near_cache', 'far_cache') },
  { events: named(FILLS, 'mem_io_local', 'mem_io_remote', 'ext_cache_local', 'ext_cache_remote') },
  {
    events: named(
      'ls_refills_from_sys',
      'ls_mabresp_lcl_dram',
      'ls_mabresp_rmt_dram',
      'ls_mabresp_lcl_cache',
      'ls_mabresp_rmt_cache',
    ),
  },
  { events: ['remote_access'] },
  // perf's tables lack it: codes of the vendors' manuals (Intel SDM 3B; AMD PPR, PMCx043)
  { events: raw('0xd3', { local_dram: '0x1', remote_dram: '0x2' }, L3), only: intel(INTEL_SERVERS) },
  { events: raw('0x43', { dram_io_near: '0x8', dram_io_far: '0x40' }, FILLS), only: amd(26, () => true) },
  // family 25: Zen 4 has models 10h–1fh and 60h–afh, the others are Zen 3
  { events: raw('0x43', { dram_io_near: '0x8', dram_io_far: '0x40' }, FILLS), only: amd(25, isZen4) },
  {
    events: raw('0x43', { mem_io_local: '0x8', mem_io_remote: '0x40' }, FILLS),
    only: amd(25, (model) => !isZen4(model)),
  },
  { events: ['node-loads', 'node-load-misses'] },
];

/** Names the kernel gives the counters of cores under /sys/bus/event_source/devices: x86, x86 hybrids, Arm, Apple, POWER and s390. */
const CORE_COUNTERS = /^(cpu(_.*)?|armv.*|apple_.*|cpum_.*)$/;

/** Whether one of those devices counts what cores do. */
export function hasCoreCounters(devices: readonly string[]): boolean {
  return devices.some((name) => CORE_COUNTERS.test(name));
}

function isZen4(model: number): boolean {
  return (model >= 0x10 && model <= 0x1f) || (model >= 0x60 && model <= 0xaf);
}

/** The first events of which perf counts every one; undefined when there is no perf. */
export async function resolveMemoryEvents(ask: AskPerf, cpu: Cpu): Promise<MemoryEvents | undefined> {
  let last: MemoryEvents | undefined;
  // Without counters there is one thing to learn: how perf says that it counts nothing.
  for (const { events, only } of cpu.hasCounters ? CANDIDATES : CANDIDATES.slice(-1)) {
    if (only !== undefined && !only(cpu)) continue;
    const { exitCode, text } = await ask(events);
    if (exitCode === undefined) return undefined;
    // 129: a name perf does not know, or a PMU that is not there
    if (exitCode !== 0) continue;
    last = { events, supported: !/<not (supported|counted)>/.test(text), text };
    if (last.supported) return last;
  }
  return last ?? { events: [], supported: false, text: '' };
}

/** The CPU from the text of /proc/cpuinfo, and the names in /sys/bus/event_source/devices. */
export function cpuOf(cpuinfo: string, devices: readonly string[]): Cpu {
  const value = (name: string) => new RegExp(`^${name}\\s*:\\s*(\\S+)`, 'm').exec(cpuinfo)?.[1] ?? '';
  return {
    vendor: value('vendor_id'),
    family: Number(value('cpu family')),
    model: Number(value('model')),
    hasCounters: hasCoreCounters(devices),
  };
}
