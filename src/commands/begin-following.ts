/**
 * Machines one by one, before requests are followed across them. Enters: the streams of one. Leaves: its table, what is wrong with
 * it, and of the application's machine its requests; all of that can be had while another machine is still being read.
 */
import { joinMachine, type MachineTable } from '../clocks/machine-clock.ts';
import { type TickRate, tickRate } from '../clocks/ticks.ts';
import { type AppMachine, appMachine, type NotFollowed } from '../correlate/app-machine.ts';
import type { ApplicationLog } from '../correlate/application.ts';
import type { StreamTrouble } from '../trace/doubts.ts';
import { type CheckedSource, checkIntegrity } from '../trace/integrity.ts';
import type { GroundTruth, MachineName, Recording, Source } from '../trace/recording.ts';
import { troubleOf } from '../trace/stream-trouble.ts';
import { type AheadClocks, searchClocksAhead } from './search-ahead.ts';

/** A machine's streams, looked through and joined. */
export interface ReadyMachine extends MachineTable {
  readonly streams: readonly CheckedSource[];
  readonly trouble: StreamTrouble;
}

/** What a recording says beside its streams. */
export type Beside = Pick<Recording, 'facts' | 'groundTruth'>;

/** One tick rate for both machines: KVM's guests count the host's TSC unless it is scaled. */
export function rateOf(
  { facts, groundTruth }: Beside,
  { tscHz }: { readonly tscHz?: number | undefined },
): TickRate | undefined {
  const given = tscHz === undefined ? undefined : { nsPerTick: 1e9 / tscHz, source: 'given by the user' };
  return tickRate(groundTruth?.log, facts) ?? given;
}

/** One table of a machine's streams: ns of one clock, time order, each row once. Undefined without any; fails with a sentence. */
export function readyMachine(
  machine: MachineName,
  sources: readonly Source[],
  { facts }: Pick<Beside, 'facts'>,
  rate: TickRate | undefined,
): ReadyMachine | { readonly failure: string } | undefined {
  // Raw rows, in file order: what is missing, doubled or out of order is found before anything is moved.
  const streams = sources
    .filter((source) => source.machine === machine)
    .map((source) => ({ source, integrity: checkIntegrity(source, rate?.nsPerTick) }));
  const joined = joinMachine(streams, facts, rate);
  if (joined === undefined || 'failure' in joined) return joined;
  return { ...joined, streams, trouble: troubleOf(streams, machine, joined.reported) };
}

/** A guest that was followed by itself. */
export interface BegunGuest {
  readonly guest: ReadyMachine;
  readonly app: AppMachine | NotFollowed;
  /** What its messages say of its clocks, being searched for. */
  readonly clocks: AheadClocks | undefined;
}

/** Begins with the guest of a recording whose host is not there yet; undefined where nothing can be begun with. */
export function beginWithGuest(
  sources: readonly Source[],
  beside: Beside,
  options: { readonly tscHz?: number | undefined },
): BegunGuest | undefined {
  const rate = rateOf(beside, options);
  const guest = readyMachine('guest', sources, beside, rate);
  if (guest === undefined || 'failure' in guest) return undefined;
  const { qemuThreads } = beside.facts;
  const clocks = searchClocksAhead(new Map([['guest', guest]]), { qemuThreads });
  return { guest, app: appMachineOf(guest, undefined, beside, rate), clocks };
}

/** The application's machine by itself; `device` is undefined where it is to be found. */
export function appMachineOf(
  machine: ReadyMachine | undefined,
  device: number | undefined,
  { groundTruth }: Pick<Beside, 'groundTruth'>,
  rate: TickRate | undefined,
): AppMachine | NotFollowed {
  return appMachine({
    table: machine?.table,
    device,
    log: logOnTrace(groundTruth?.log, machine, rate),
    isIncomplete: machine !== undefined && machine.trouble.missingShare > 0,
  });
}

/** Far from what one clock's readings can differ by. */
const ANOTHER_CLOCK_NS = 3.6e12;

/** The application's log on the trace's time line, as if both had one clock; whether they do is found out later. */
function logOnTrace(
  log: NonNullable<GroundTruth['log']> | undefined,
  machine: ReadyMachine | undefined,
  rate: TickRate | undefined,
): ApplicationLog | undefined {
  if (log === undefined || machine === undefined) return undefined;
  const hasTicks = log.startTsc.some((ticks) => ticks !== 0);
  if (machine.isTsc && rate !== undefined && hasTicks) {
    const shift = Number(log.epochTsc - machine.streams[0]!.source.events.epoch);
    const toNs = (ticks: Float64Array) => ticks.map((value) => (value + shift) * rate.nsPerTick);
    return { sector: log.sector, startNs: toNs(log.startTsc), endNs: toNs(log.endTsc) };
  }
  // Without ticks it is of another clock than a trace of ticks, and must not be taken for the same because both began with the machine.
  const apart = machine.isTsc && !hasTicks ? ANOTHER_CLOCK_NS : 0;
  const shift = Number(log.epochNs - machine.table.epoch) + apart;
  return { sector: log.sector, startNs: moved(log.startNs, shift), endNs: moved(log.endNs, shift) };
}

function moved(ns: Float64Array, shift: number): Float64Array {
  const times = new Float64Array(ns.length);
  for (let at = 0; at < ns.length; at++) times[at] = ns[at]! + shift;
  return times;
}
