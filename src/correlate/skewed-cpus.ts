/**
 * CPUs of one machine whose clocks differ, found by effects that seem to come before their causes. Enters: a machine's
 * rows in order of time. Leaves: pairs of CPUs between which that happens again and again. Needs no request and no
 * relation to another machine, so that damage can be found before anything is followed.
 */
import type { EventTable } from '../trace/event-table.ts';
import type { CpuPair } from '../trace/file-order.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { blockMessages } from './block-messages.ts';
import { type CpuMessages, messageChains, messagesOf } from './cpu-messages.ts';
import { syncCalls } from './sync-calls.ts';

/** The messages from one CPU to another: latencies in ns, and how many arrive early that nothing else explains. */
interface Way {
  readonly from: number;
  readonly to: number;
  readonly latencies: number[];
  impossible: number;
}

/**
 * Pairs of CPUs whose clocks differ, and by how much at least (ns of the table). `byTime`: look as well at messages whose two
 * ends only their time ties together.
 */
export function skewedCpus(
  machine: Occurrences,
  vcpuThreads: ReadonlyMap<number, number>,
  byTime: boolean,
): CpuPair[] {
  const { table } = machine;
  const ways = new Map<number, Way>();
  if (byTime)
    for (const chain of messageChains(machine, vcpuThreads)) addWays(ways, table, messagesOf(table, chain));
  addWays(ways, table, syncCalls(machine));
  addWays(ways, table, blockMessages(machine));
  const found = new Map<string, CpuPair>();
  for (const way of ways.values()) {
    const atLeast = earliness(way);
    if (atLeast === undefined) continue;
    const cpus: [number, number] = way.from < way.to ? [way.from, way.to] : [way.to, way.from];
    const known = found.get(cpus.join());
    if (known === undefined || known.atLeast < atLeast) found.set(cpus.join(), { cpus, atLeast });
  }
  return [...found.values()];
}

/** Fewer messages that arrive before they leave than this say nothing about a pair of CPUs. */
const LEAST_EARLY = 3;
/**
 * A clock that is off moves all messages: about as many arrive a little too early as a little late. Single ones that were
 * paired with a stranger lie anywhere. So of the messages this near to the instant of leaving, this share must be early.
 */
const LEAST_SHARE = 0.2;
/** With nearly all of them early, each seems to be the effect of the cause before its own, and none is impossible. */
const NEARLY_ALL = 0.9;

/** How much too early messages arrive, but for the most extreme of them; undefined when they do not. */
function earliness({ latencies, impossible }: Way): number | undefined {
  const early = latencies.filter((ns) => ns < 0).sort((a, b) => a - b);
  if (early.length < LEAST_EARLY) return undefined;
  if (impossible < LEAST_EARLY && early.length < latencies.length * NEARLY_ALL) return undefined;
  const most = -early[Math.floor(early.length / 10)]!;
  const near = latencies.filter((ns) => Math.abs(ns) <= most).length;
  return early.length >= near * LEAST_SHARE ? most : undefined;
}

/** On one CPU an effect before its cause is a mistake of the pairing; a kind of message with more of them is not used. */
const MOST_MISTAKES = 0.005;

/** Adds messages of one kind, unless their pairing is shown to be wrong by those that stay on one CPU. */
function addWays(ways: Map<number, Way>, { ts, cpu }: EventTable, messages: CpuMessages): void {
  const { causes, effects, alone } = messages;
  let own = 0;
  let mistakes = 0;
  for (let at = 0; at < causes.length; at++) {
    if (cpu[causes[at]!] !== cpu[effects[at]!]) continue;
    own++;
    if (ts[effects[at]!]! < ts[causes[at]!]!) mistakes++;
  }
  if (mistakes > own * MOST_MISTAKES) return;
  for (let at = 0; at < causes.length; at++) {
    const from = cpu[causes[at]!]!;
    const to = cpu[effects[at]!]!;
    if (from === to) continue;
    const way = wayOf(ways, from, to);
    const latency = ts[effects[at]!]! - ts[causes[at]!]!;
    way.latencies.push(latency);
    if (latency < 0 && alone[at]!) way.impossible++;
  }
}

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

function wayOf(ways: Map<number, Way>, from: number, to: number): Way {
  let way = ways.get(from * MOST_CPUS + to);
  if (way === undefined) {
    way = { from, to, latencies: [], impossible: 0 };
    ways.set(from * MOST_CPUS + to, way);
  }
  return way;
}
