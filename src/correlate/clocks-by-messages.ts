/**
 * What the messages between the CPUs of one machine say of their clocks. Enters: its rows in order of time. Leaves: pairs of
 * CPUs whose clocks differ, and how far those of all others can. All rows are looked through, and no request is needed: another
 * thread can do it while this one follows them.
 */
import type { EventTable } from '../trace/event-table.ts';
import type { CpuPair } from '../trace/file-order.ts';
import { indexOccurrences, type Occurrences } from '../trace/occurrences.ts';
import type { MachineName } from '../trace/recording.ts';
import { type CpuBounds, cpuBounds } from './cpu-bounds.ts';
import { type KindOfMessages, tiedMessages, timedMessages, waysBetween } from './cpu-ways.ts';
import { type DoubtedPair, doubtedCpus, skewedCpus } from './skewed-cpus.ts';
import { type ThreadFacts, vcpuThreads } from './threads.ts';

/** Plain data: pairs of CPUs whose clocks differ, differences in ns, and bounds for the others. */
export interface ClocksByMessages {
  readonly pairs: readonly CpuPair[];
  /** Those that single messages show, which says nothing where events are missing. */
  readonly doubted: readonly DoubtedPair[];
  readonly bounds: CpuBounds;
}

/** What is said without and with the messages whose ends only their time ties together; which is to be believed, requests tell. */
export interface SearchedClocks {
  readonly byTied: ClocksByMessages;
  readonly byAll: ClocksByMessages;
}

/** What a machine is beside its rows: interrupts bind vCPUs to threads on the host of a guest only. */
export type Standing = 'application' | 'host of a guest';

/** Looks through a machine's rows. `byTime`: also for messages whose ends only their time ties together. */
export function clocksByMessages(
  machine: Occurrences,
  standing: Standing,
  facts: ThreadFacts,
  byTime: boolean,
): ClocksByMessages {
  const timed = byTime ? timedOf(machine, standing, facts) : [];
  return judged(machine.table, [...timed, ...tiedMessages(machine)]);
}

/** What messages say of each machine's clocks. */
export type SearchedMachines = ReadonlyMap<MachineName, SearchedClocks>;

/** Both answers for all machines of a recording, or some, for who cannot know yet which is wanted. */
export function searchMachines(
  tables: ReadonlyMap<MachineName, { readonly table: EventTable }>,
  facts: ThreadFacts,
  wanted: ReadonlySet<MachineName> = new Set(tables.keys()),
): SearchedMachines {
  const found = new Map<MachineName, SearchedClocks>();
  for (const [name, { table }] of tables) {
    if (!wanted.has(name)) continue;
    const machine = indexOccurrences(table);
    const tied = tiedMessages(machine);
    const timed = timedOf(machine, standingOf(name, tables.has('guest')), facts);
    found.set(name, { byTied: judged(table, tied), byAll: judged(table, [...timed, ...tied]) });
  }
  return found;
}

/** How a machine stands in a recording with or without a guest. */
function standingOf(machine: MachineName, hasGuest: boolean): Standing {
  return machine === 'host' && hasGuest ? 'host of a guest' : 'application';
}

function timedOf(machine: Occurrences, standing: Standing, facts: ThreadFacts): readonly KindOfMessages[] {
  return timedMessages(machine, standing === 'application' ? new Map() : vcpuThreads(machine, facts));
}

function judged(table: EventTable, kinds: readonly KindOfMessages[]): ClocksByMessages {
  const ways = waysBetween(table, kinds);
  return { pairs: skewedCpus(ways), doubted: doubtedCpus(ways), bounds: cpuBounds(ways) };
}
