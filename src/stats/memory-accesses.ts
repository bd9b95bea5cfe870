/** Memory accesses by distance, from perf stat's counts beside the recording. Names are those of perf's event tables. */
import type { PerfCountFact, RecordingFacts } from '../trace/recording.ts';

export interface MemoryAccesses {
  /** Which events were used; null when none that were asked for gave a count. */
  readonly family: string | null;
  /** Accesses a request served by memory (or a cache) of the own node; null: not counted. */
  readonly localPerRequest: number | null;
  readonly remotePerRequest: number | null;
  /** The same by thread or node, as perf names them. */
  readonly by: readonly {
    readonly who: string;
    readonly local: number | null;
    readonly remote: number | null;
  }[];
  /** What limits the counts: multiplexing, missing counters, events whose meaning depends on the CPU. */
  readonly notes: readonly string[];
}

/** Events that count one kind of access; only one family is used, so that nothing is counted twice. */
interface Family {
  readonly name: string;
  readonly local: RegExp | undefined;
  readonly remote: RegExp;
  readonly note?: string;
}

const FAMILIES: readonly Family[] = [
  {
    name: 'Intel: loads that missed the L3 (mem_load_l3_miss_retired)',
    local: /^mem_load_l3_miss_retired\.local_dram$/,
    remote: /^mem_load_l3_miss_retired\.remote_(dram|fwd|hitm|pmm)$/,
  },
  {
    name: 'Intel: reads to the core (ocr.reads_to_core)',
    local: /^ocr\.reads_to_core\.local_dram$/,
    remote: /^ocr\.reads_to_core\.remote_dram$/,
  },
  {
    name: 'Intel: demand data reads (ocr.demand_data_rd)',
    local: /^ocr\.demand_data_rd\.local_dram$/,
    remote: /^ocr\.demand_data_rd\.remote_dram$/,
  },
  {
    name: 'AMD Zen 2: refills (ls_refills_from_sys)',
    local: /^ls_refills_from_sys\.ls_mabresp_lcl_(dram|cache)$/,
    remote: /^ls_refills_from_sys\.ls_mabresp_rmt_(dram|cache)$/,
  },
  {
    name: 'AMD Zen 3 to 5: demand fills (ls_dmnd_fills_from_sys)',
    local: /^ls_dmnd_fills_from_sys\.(mem_io_local|dram_io_near|ext_cache_local|near_cache)$/,
    remote: /^ls_dmnd_fills_from_sys\.(mem_io_remote|dram_io_far|ext_cache_remote|far_cache)$/,
  },
  {
    name: 'AMD Zen 3 to 5: all fills (ls_any_fills_from_sys)',
    local: /^ls_any_fills_from_sys\.(mem_io_local|dram_io_near|ext_cache_local|near_cache)$/,
    remote: /^ls_any_fills_from_sys\.(mem_io_remote|dram_io_far|ext_cache_remote|far_cache)$/,
  },
  {
    name: 'Arm: accesses to another socket (remote_access)',
    local: undefined,
    remote: /^remote_access$/,
    note: 'this CPU counts accesses to another socket only: local ones are not known',
  },
  {
    name: 'perf’s generic node-loads',
    local: /^node-loads$/,
    remote: /^node-load-misses$/,
    note: 'node-loads means loads served by local memory from Haswell on, all loads on Sandy Bridge',
  },
];

/** Accesses a request over all requests of the recording; null when no perf stat output lies beside it. */
export function memoryAccesses({ perfCounts }: RecordingFacts, requests: number): MemoryAccesses | null {
  if (perfCounts === undefined || perfCounts.length === 0 || requests === 0) return null;
  const rows = perfCounts.map((row) => ({ ...row, event: plainName(row.event) }));
  const family =
    FAMILIES.find((each) => rows.some((row) => row.count !== null && each.remote.test(row.event))) ??
    FAMILIES.find((each) => rows.some((row) => row.count !== null && each.local?.test(row.event) === true));
  if (family === undefined)
    return { family: null, localPerRequest: null, remotePerRequest: null, by: [], notes: whyNone(rows) };
  const local = rows.filter((row) => family.local?.test(row.event) === true);
  const remote = rows.filter((row) => family.remote.test(row.event));
  // A thread's accesses are also those of its node: what is counted by thread is not added once more.
  const byThread = [...local, ...remote].some(({ who }) => !isNode(who));
  const summed = (row: PerfCountFact) => !byThread || !isNode(row.who);
  const per = (count: number | null) => (count === null ? null : count / requests);
  return {
    family: family.name,
    localPerRequest: per(total(local.filter(summed))),
    remotePerRequest: per(total(remote.filter(summed))),
    by: [...new Set([...local, ...remote].map(({ who }) => who))]
      .filter((who) => who !== '')
      .map((who) => {
        const own = (row: PerfCountFact) => row.who === who;
        return { who, local: per(total(local.filter(own))), remote: per(total(remote.filter(own))) };
      }),
    notes: [
      `counted from the start to the end of perf stat, over the ${requests} requests of the recording`,
      ...(family.note === undefined ? [] : [family.note]),
      ...([...local, ...remote].some(({ who }) => isNode(who))
        ? [
            'counts by node (N0, N1 …) hold everything that ran there, also what has nothing to do with the requests',
          ]
        : []),
      ...limits([...local, ...remote]),
    ],
  };
}

/** perf's name of a node, `perf stat --per-node`. */
function isNode(who: string): boolean {
  return /^N\d+$/.test(who);
}

/** `cpu/ls_any_fills_from_sys.dram_io_far/u`, `node-loads:uk` → the event alone, in small letters. */
function plainName(event: string): string {
  const inner = /^\w+\/([^/]*)\/\w*$/.exec(event)?.[1] ?? event;
  return inner.replace(/:[a-zA-Z]+$/, '').toLowerCase();
}

/** Null when any part is missing: half a sum is no sum. */
function total(rows: readonly PerfCountFact[]): number | null {
  if (rows.length === 0 || rows.some(({ count }) => count === null)) return null;
  return rows.reduce((sum, { count }) => sum + count!, 0);
}

function limits(rows: readonly PerfCountFact[]): string[] {
  const least = Math.min(...rows.map(({ runningShare }) => runningShare));
  const missing = rows.filter(({ count }) => count === null);
  return [
    ...(least < 1
      ? [`multiplexed: counted during ${(least * 100).toFixed(1)} % of the time at least, scaled up by perf`]
      : []),
    ...missing.map(({ event, who, state }) => `${event}${who === '' ? '' : ` of ${who}`}: ${state}`),
  ];
}

function whyNone(rows: readonly PerfCountFact[]): string[] {
  const known = rows.filter(({ event }) =>
    FAMILIES.some(({ local, remote }) => local?.test(event) === true || remote.test(event)),
  );
  if (known.length === 0)
    return [
      'perf stat counted no event that tells local from remote memory: hops are counted in software only',
    ];
  const states = [...new Set(known.map(({ event, state }) => `${event} ${state}`))];
  return [`no hardware counts (${states.join(', ')}): hops are counted in software only`];
}
