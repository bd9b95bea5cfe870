/**
 * All messages between the CPUs of one machine, by way: from which CPU to which. Enters: its rows in order of time. Leaves:
 * how long they took, as the stamps of both CPUs say.
 */
import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { BLOCK_EVENTS, blockMessages } from './block-messages.ts';
import { type Chain, type CpuMessages, messageChains, messagesOf, seesAll } from './cpu-messages.ts';
import { syncCalls } from './sync-calls.ts';

/** The messages from one CPU to another; times in ns of the table. */
export interface Way {
  readonly from: number;
  readonly to: number;
  readonly latencies: number[];
  /** How many arrive early that nothing else explains, how many of them are of kinds of which much found no other end, and the earliest. */
  impossible: number;
  doubtful: number;
  earliestNs: number;
  /** Those whose two ends surely belong together, of kinds looked at to the end: when each was sent, and how long it took. */
  readonly sent: number[];
  readonly took: number[];
}

/** Messages of one kind. `sure`: their two ends surely belong together, and they were looked at to the end. */
export interface KindOfMessages {
  readonly messages: CpuMessages;
  readonly sure: boolean;
}

/** Messages whose two ends something else than their time ties together. */
export function tiedMessages(machine: Occurrences): KindOfMessages[] {
  return [
    { messages: syncCalls(machine), sure: true },
    { messages: blockMessages(machine), sure: seesAll(machine, BLOCK_EVENTS) },
  ];
}

/** Messages whose two ends only their time ties together. */
export function timedMessages(
  machine: Occurrences,
  vcpuThreads: ReadonlyMap<number, number>,
): KindOfMessages[] {
  const toTheEnd = seesAll(machine);
  return messageChains(machine, vcpuThreads).map((chain) => {
    const messages = messagesOf(machine.table, chain);
    return { messages, sure: toTheEnd && isWhole(chain, messages) };
  });
}

/** What messages of several kinds say of each two CPUs. */
export function waysBetween(table: EventTable, kinds: readonly KindOfMessages[]): readonly Way[] {
  const ways = new Map<number, Way>();
  for (const { messages, sure } of kinds) addWays(ways, table, messages, sure);
  return [...ways.values()];
}

/** Where fewer of a chain than this find their other end, times that are off may have made pairs of strangers. */
const LEAST_PAIRED = 0.8;

function isWhole({ causes, effects }: Chain, messages: CpuMessages): boolean {
  return messages.causes.length >= Math.min(causes.length, effects.length) * LEAST_PAIRED;
}

/** On one CPU an effect before its cause is a mistake of the pairing; a kind of message with more of them is not used. */
const MOST_MISTAKES = 0.005;

/** Adds messages of one kind, unless their pairing is shown to be wrong by those that stay on one CPU. */
function addWays(
  ways: Map<number, Way>,
  { ts, cpu }: EventTable,
  { causes, effects, alone }: CpuMessages,
  sure: boolean,
): void {
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
    const sent = ts[causes[at]!]!;
    const latency = ts[effects[at]!]! - sent;
    way.latencies.push(latency);
    if (latency < 0 && alone[at]!) {
      way.impossible++;
      if (!sure) way.doubtful++;
      if (-latency > way.earliestNs) way.earliestNs = -latency;
    }
    if (!sure) continue;
    way.sent.push(sent);
    way.took.push(latency);
  }
}

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

function wayOf(ways: Map<number, Way>, from: number, to: number): Way {
  let way = ways.get(from * MOST_CPUS + to);
  if (way === undefined) {
    way = { from, to, latencies: [], impossible: 0, doubtful: 0, earliestNs: 0, sent: [], took: [] };
    ways.set(from * MOST_CPUS + to, way);
  }
  return way;
}
