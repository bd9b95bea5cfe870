/** Where each actor of a request ran, and how often a request crosses from one host NUMA node to another. */
import type { Correlated } from '../correlate/correlate.ts';
import type { RequestVariant } from '../correlate/request-table.ts';
import { sideOf } from '../correlate/scene.ts';
import type { PointId } from '../paths/points.ts';
import type { MemorySamplesFact, RecordingFacts } from '../trace/recording.ts';
import { NO_ROW, UNKNOWN_CPU } from '../trace/units.ts';
import { type MemoryAccesses, memoryAccesses } from './memory-accesses.ts';
import { type VirtualNode, virtualNodes } from './virtual-nodes.ts';

export interface NumaStats {
  readonly actors: readonly {
    readonly actor: string;
    readonly cpus: readonly number[];
    readonly node: number | null;
  }[];
  readonly hopsPerRequest: number | null;
  readonly crossings: readonly { readonly stage: string; readonly share: number }[];
  /** Requests by how often they changed nodes, fewest first; null when hops are not known. */
  readonly byHops: readonly { readonly hops: number; readonly n: number; readonly meanNs: number }[] | null;
  readonly memoryPagesByNode: readonly { readonly node: number; readonly pages: number }[] | null;
  /** The guest's own nodes, by QEMU's command line; empty where that was not recorded. */
  readonly virtualNodes: readonly VirtualNode[];
  /** Hardware counts, where perf stat ran beside the recording. */
  readonly accesses: MemoryAccesses | null;
  /** Loads sampled by perf mem or perf c2c; null where neither ran. */
  readonly samples: MemorySamplesFact | null;
  readonly note: string | null;
}

/** Actors and the points whose CPU is theirs. */
const ACTORS: readonly { actor: string; points: readonly PointId[] }[] = [
  { actor: 'vCPU', points: ['kvm:exit', 'kvm:entry'] },
  { actor: 'back-end thread', points: ['backend:submit', 'backend:block', 'backend:push', 'kvm:irqfd'] },
  { actor: 'application', points: ['app:submit', 'host:issue'] },
  { actor: 'drive interrupt', points: ['host:irq', 'vfio:irq'] },
];

export function numaStats(correlated: Correlated, matched: Int32Array, facts: RecordingFacts): NumaStats {
  const nodeOf = new Map(
    facts.hostNodes?.flatMap(({ node, cpus }) => cpus.map((cpu) => [cpu, node] as const)),
  );
  // In a guest the application runs where its vCPU does; an assigned device has no thread of the host behind it.
  const absent = correlated.path.app === 'guest' ? ['application'] : [];
  if (correlated.path.name.startsWith('vfio-')) absent.push('back-end thread');
  const present = ACTORS.filter(({ actor }) => !absent.includes(actor));
  const actors = present
    .map(({ actor, points }) => ({ actor, cpus: cpusOf(correlated, matched, points) }))
    .filter(({ cpus }) => cpus.length > 0)
    .map(({ actor, cpus }) => ({ actor, cpus, node: commonNode(cpus, nodeOf) }));
  if (facts.driveNode !== undefined)
    actors.push({ actor: 'drive', cpus: [], node: facts.driveNode === -1 ? null : facts.driveNode });
  const hops = nodeOf.size === 0 ? undefined : countHops(correlated, matched, nodeOf);
  return {
    actors,
    hopsPerRequest: hops?.perRequest ?? null,
    crossings: hops?.crossings ?? [],
    byHops: hops?.byHops ?? null,
    memoryPagesByNode: facts.memoryPagesByNode ?? null,
    virtualNodes: virtualNodes(correlated, facts),
    accesses: memoryAccesses(facts, correlated.requests.length),
    samples: facts.memorySamples ?? null,
    note: noteOf(nodeOf.size, facts),
  };
}

/** Where no node is known, and no machine beside the application's: the CPUs that its requests were issued on, ascending. */
export function numaOfCpus(cpus: readonly number[]): NumaStats {
  return {
    actors: [{ actor: 'application', cpus, node: null }],
    hopsPerRequest: null,
    crossings: [],
    byHops: null,
    memoryPagesByNode: null,
    virtualNodes: [],
    accesses: null,
    samples: null,
    note: noteOf(0, {}),
  };
}

/** What cannot be said, and why; null when everything is known. */
function noteOf(nodes: number, { driveNode, notes: noted }: RecordingFacts): string | null {
  const notes = [
    ...(nodes === 0 ? ['the host’s NUMA nodes were not recorded: hops between nodes are not known'] : []),
    ...(driveNode === -1 ? ['the firmware does not say which node the drive is on (numa_node is -1)'] : []),
    ...(noted?.filter((note) => note.startsWith('loads were not sampled')) ?? []),
  ];
  return notes.length === 0 ? null : notes.join('; ');
}

function cpusOf(correlated: Correlated, matched: Int32Array, points: readonly PointId[]): number[] {
  const cpus = new Set<number>();
  for (const point of points) {
    const rows = correlated.followed.rows.get(point);
    const side = correlated.host ?? (correlated.path.app === 'host' ? correlated.app : undefined);
    if (rows === undefined || side === undefined) continue;
    const { cpu } = side.table;
    let latest = UNKNOWN_CPU;
    for (let at = 0; at < matched.length; at++) {
      const row = rows[matched[at]!]!;
      if (row === NO_ROW || cpu[row] === latest || cpu[row] === UNKNOWN_CPU) continue;
      latest = cpu[row]!;
      cpus.add(latest);
    }
  }
  return [...cpus].sort((a, b) => a - b);
}

function commonNode(cpus: readonly number[], nodeOf: ReadonlyMap<number, number>): number | null {
  const nodes = new Set(cpus.map((cpu) => nodeOf.get(cpu)));
  const [node] = nodes;
  return nodes.size === 1 && node !== undefined ? node : null;
}

/** A point on the host, where its rows' CPUs are, and the stage that ends there. */
interface HostPoint {
  readonly rows: Int32Array;
  readonly cpu: Uint16Array;
  readonly stage: string;
}

interface HopGroup {
  readonly hops: number;
  readonly n: number;
  readonly meanNs: number;
}

/** Follows each request's host points in critical order and counts changes of node. */
function countHops(
  correlated: Correlated,
  matched: Int32Array,
  nodeOf: ReadonlyMap<number, number>,
): { perRequest: number; crossings: { stage: string; share: number }[]; byHops: HopGroup[] } {
  const { requests } = correlated;
  const nodes = new Int32Array(MOST_CPUS).fill(NO_NODE);
  for (const [cpu, node] of nodeOf) nodes[cpu] = node;
  const pointsOf = requests.variants.map((variant) => hostPoints(correlated, variant));
  const crossed = new Map<string, number>();
  const groups = new Map<number, { n: number; sum: number }>();
  let all = 0;
  let [known, group] = [-1, { n: 0, sum: 0 }];
  for (let at = 0; at < matched.length; at++) {
    const request = matched[at]!;
    const hops = hopsOf(request, pointsOf[requests.variant[request]!]!, nodes, crossed);
    all += hops;
    if (hops !== known) {
      known = hops;
      group = groups.get(hops) ?? { n: 0, sum: 0 };
      groups.set(hops, group);
    }
    group.n++;
    group.sum += requests.total[request]!;
  }
  return {
    perRequest: matched.length === 0 ? 0 : all / matched.length,
    byHops: [...groups]
      .map(([hops, { n, sum }]) => ({ hops, n, meanNs: sum / n }))
      .sort((a, b) => a.hops - b.hops),
    crossings: [...crossed]
      .map(([stage, count]) => ({ stage, share: count / matched.length }))
      .sort((a, b) => b.share - a.share),
  };
}

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;
const NO_NODE = -1;

/** How often a request changed nodes; adds each change to the stage that it was in. */
function hopsOf(
  request: number,
  points: readonly HostPoint[],
  nodes: Int32Array,
  crossed: Map<string, number>,
): number {
  let hops = 0;
  let last = NO_NODE;
  for (let at = 0; at < points.length; at++) {
    const { rows, cpu, stage } = points[at]!;
    const row = rows[request]!;
    const node = row === NO_ROW ? NO_NODE : nodes[cpu[row]!]!;
    if (node === NO_NODE) continue;
    if (last !== NO_NODE && node !== last) {
      hops++;
      crossed.set(stage, (crossed.get(stage) ?? 0) + 1);
    }
    last = node;
  }
  return hops;
}

function hostPoints(correlated: Correlated, { points, stages }: RequestVariant): HostPoint[] {
  const { followed, path, app } = correlated;
  const host = correlated.host ?? (path.app === 'host' ? app : undefined);
  const scene = { path, app, host: correlated.host };
  return points.flatMap((point, index) => {
    const rows = followed.rows.get(point);
    if (rows === undefined || host === undefined || sideOf(scene, point) !== host) return [];
    return [{ rows, cpu: host.table.cpu, stage: stages[index - 1] ?? point }];
  });
}
