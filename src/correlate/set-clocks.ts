/**
 * Whether a machine's clock was set while it recorded: then no one line relates it to the other's. Enters: what the order of
 * its file shows, and how far requests are from their host requests. Leaves: a sentence that says so.
 */
import type { ExactRelation, Relation } from '../clocks/relation.ts';
import type { Gap } from '../trace/gaps.ts';
import { isFromAMoment, isRightInAPart } from './from-a-moment.ts';
import type { HostMatch } from './host-requests.ts';
import type { Exchange } from './messages.ts';
import type { SideDoubts } from './near-gaps.ts';
import { unrelated } from './relate.ts';

/** What shows that a clock was set; undefined where nothing does. `appName`: the application's machine. */
export function setClock(
  { app, host }: SideDoubts,
  appName: string,
  match: HostMatch | undefined,
): string | undefined {
  const [back] = [...setBacks(app.reported, appName), ...setBacks(host.reported, 'host')];
  if (back !== undefined)
    return `the clock of the ${back.machine} was set back by at least ${microseconds(Math.floor(back.ns / 1000))} while it was recorded`;
  return match?.apartNs === undefined
    ? undefined
    : `a machine’s clock was set by about ${microseconds(Math.round(match.apartNs / 1000))} while it was recorded: so much the requests before and after differ in their distance from the host’s`;
}

/** No relation of clocks that no one line relates: one was set, or that of a CPU is off. */
export function contradicted(why: string): Relation {
  return { ...unrelated(why), isContradicted: true };
}

function setBacks(gaps: readonly Gap[], machine: string): { machine: string; ns: number }[] {
  return gaps.filter((gap) => gap.setBack === true).map(({ from, to }) => ({ machine, ns: to - from }));
}

function microseconds(us: number): string {
  return `${us.toLocaleString('en-US')} µs`;
}

/**
 * By how much messages contradict a relation (`withinNs` off at most) in one part of the recording, where all of the other part
 * agree with it: a clock was set between them. Undefined where none do, or here and there. `isCertain`: it is wrong somewhere.
 */
function contradictedFrom(
  { lower, upper }: Exchange,
  offsetAt: Relation['offsetAt'],
  withinNs: number,
  isCertain: boolean,
): number | undefined {
  let [count, first, last, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const [{ at, offset }, sign] of [
    [lower, 1],
    [upper, -1],
  ] as const)
    for (let index = 0; index < at.length; index++) {
      const by = sign * (offset[index]! - offsetAt(at[index]!)) - withinNs;
      if (by <= COMPUTED_NS) continue;
      count++;
      if (at[index]! < first) first = at[index]!;
      if (at[index]! > last) last = at[index]!;
      if (by > most) most = by;
    }
  if (count === 0) return undefined;
  let [before, among, behind] = [0, 0, 0];
  for (const { at } of [lower, upper])
    for (let index = 0; index < at.length; index++)
      if (at[index]! < first) before++;
      else if (at[index]! > last) behind++;
      else among++;
  const wrong = { count, before, among, behind };
  return (isCertain ? isRightInAPart(wrong) : isFromAMoment(wrong)) ? most : undefined;
}

/** A line through a message is computed no better than this, ns. */
const COMPUTED_NS = 0.01;

/** What messages say against a relation, and against the exact one that was held against it; undefined where nothing. */
export function setBetweenMessages(
  relation: Relation,
  exact: ExactRelation | undefined,
  exchanges: readonly Exchange[],
): string | undefined {
  const tried = relation.ok || exact?.method !== 'tsc' ? [relation] : [relation, exact];
  const most = tried.flatMap((each) =>
    exchanges.map(
      (exchange) => contradictedFrom(exchange, each.offsetAt, each.uncertaintyNs, each === exact) ?? 0,
    ),
  );
  const ns = Math.max(...most);
  return ns === 0
    ? undefined
    : `messages contradict any one relation by ${microseconds(Math.ceil(ns / 1000))} from a moment on: a machine’s clock was set while it was recorded`;
}
