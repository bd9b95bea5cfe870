/**
 * Puts the host on the application's time line. Enters: requests, who takes part in them. Leaves: the host with its times
 * there, and how the clocks are related; no host where they cannot be.
 */
import { ONE_CLOCK, type Relation } from '../clocks/relation.ts';
import { pointById } from '../paths/points.ts';
import type { Actors } from './actors.ts';
import { follow } from './follow.ts';
import { type Exchange, messagesByRhythm, messagesBySector } from './messages.ts';
import { firstRelation, unrelated, withMostStep } from './relate.ts';
import { type Base, withHost } from './scene.ts';
import { contradicted, setBetweenMessages } from './set-clocks.ts';
import { otherSide, type Side } from './side.ts';
import { type Beginning, type KnownClocks, type Tightened, tightened } from './tighten.ts';

/** The host on the application's time line, and how that was found. */
export function placeHost(
  base: Base,
  actors: Actors,
  input: KnownClocks,
  appEpoch: bigint,
): { host: Side | undefined; relation: Relation } {
  const { hostTable } = actors;
  // A path without a point on the host needs no relation: the guest's own clock stamps everything.
  const needsHost = base.path.points.some(({ point }) => pointById(point).side === 'host');
  if (!needsHost) return { host: undefined, relation: ONE_CLOCK };
  if (hostTable === undefined || actors.host === undefined) return { host: undefined, relation: ONE_CLOCK };
  if (input.set !== undefined) return placed(contradicted(input.set), actors);
  const known = placedByBefore(base, actors, input, { app: appEpoch, host: hostTable.epoch });
  if (known !== undefined) return known;
  const begun = firstRelation(roughExchanges(base, actors, input.roundingNs), input);
  if ('failure' in begun) return { host: undefined, relation: unrelated(begun.failure) };
  const { rough, first } = begun;
  const begin = { rough, first, isOfBefore: false, epochs: { app: appEpoch, host: hostTable.epoch } };
  const found = tightened(base, actors.host, actors.vcpus, input, begin);
  // Sectors name the request; a rhythm can be met a beat beside its place.
  if (actors.match !== undefined) return placed(heldAgainst(found, rough, input), actors);
  if (isFirm(found, base)) return placed(heldAgainst(found, undefined, input), actors);
  const others = beatsBeside(
    base,
    found.relation.method === 'none' ? first.offsetAt : found.relation.offsetAt,
  );
  if (input.exact !== undefined)
    others.push({ offsetAt: input.exact.offsetAt, slackNs: input.exact.uncertaintyNs });
  const all = others.map((other) =>
    tightened(base, actors.host!, actors.vcpus, input, { ...begin, rough: undefined, first: other }),
  );
  const best = all.reduce(
    (known, next) => (isBetter(next, known, base.requests.length) ? next : known),
    found,
  );
  if (!isTold(best, base)) return placed(unrelated(NOT_TOLD), actors);
  const isOne =
    !base.isLossy || best.relation.method !== 'causal' || [found, ...all].filter(isPossible).length === 1;
  return placed(isOne ? heldAgainst(best, undefined, input) : unrelated(SEVERAL), actors);
}

/**
 * The same, with what the slice before said to begin with; undefined where that is not known, or is not borne out by the messages of
 * this one.
 */
function placedByBefore(
  base: Base,
  actors: Actors,
  input: KnownClocks,
  epochs: Beginning['epochs'],
): ReturnType<typeof placeHost> | undefined {
  const { before } = input;
  if (before?.relation.method !== 'causal' || actors.host === undefined) return undefined;
  if (before.epochs.app !== epochs.app || before.epochs.host !== epochs.host) return undefined;
  const { offsetAt, uncertaintyNs } = before.relation;
  // The line goes on, and so does what it leaves open.
  const first = { offsetAt, slackNs: MOST_WIDER * uncertaintyNs };
  const begin = { rough: undefined, first, isOfBefore: true, epochs };
  const found = tightened(base, actors.host, actors.vcpus, input, begin);
  const { method, ok } = found.relation;
  const isKnown = method === 'causal' && ok && isTold(found, base);
  return isKnown ? placed(heldAgainst(found, undefined, { sameRate: input.sameRate }), actors) : undefined;
}

/** The relation, unless messages contradict it from a moment on; requests named by their sectors have some that were not alone. */
function heldAgainst(
  { relation, exchange }: Tightened,
  bySector: Exchange | undefined,
  { exact, sameRate }: Pick<KnownClocks, 'exact' | 'sameRate'>,
): Relation {
  if (relation.method === 'none') return relation;
  const set = setBetweenMessages(relation, exact, bySector === undefined ? [exchange] : [exchange, bySector]);
  return set === undefined ? withMostStep(relation, exchange, sameRate) : contradicted(set);
}

/** A line that is bounded in one slice is open so many times as much at the end of the next. */
const MOST_WIDER = 3;

/** Events that are missing let a beat beside its place look as good as in it: which has more answers decides nothing then. */
const SEVERAL =
  'events are missing, the requests’ rhythm fits the host’s in more than one place, and no TSC relation tells';

function isPossible({ relation }: Tightened): boolean {
  return relation.method === 'causal' && relation.ok;
}

/** With fewer requests answered, as where several are in flight, a rhythm beside its place looks no worse than in it. */
const LEAST_ANSWERED = 0.5;
const NOT_TOLD =
  'fewer than half of the requests were alone and answered: their rhythm may be met beside its place, and no TSC relation tells';

function isTold({ relation, answered }: Tightened, { requests }: Base): boolean {
  return relation.method !== 'causal' || answered >= requests.length * LEAST_ANSWERED;
}

/** Share of the requests that have to have an answer of the host: beside its place a rhythm loses some in each irregularity. */
const MOST_ANSWERED = 0.95;

function isFirm({ relation, answered }: Tightened, { requests, isLossy }: Base): boolean {
  if (isLossy && relation.method === 'causal') return false;
  return relation.ok && (relation.interval === undefined || answered >= requests.length * MOST_ANSWERED);
}

/** So many more answers, as a share of the requests, a place has to have before that decides: a few are missing anywhere. */
const CLEARLY_MORE = 0.05;

/**
 * What the facts say is not contradicted; else clearly more requests are answered; else more is left open: at the place a
 * device's whole time lies between the messages.
 */
function isBetter(a: Tightened, b: Tightened, requests: number): boolean {
  if (a.relation.ok !== b.relation.ok) return a.relation.ok;
  const more = a.answered - b.answered;
  return Math.abs(more) <= requests * CLEARLY_MORE ? width(a.relation) > width(b.relation) : more > 0;
}

function width({ interval }: Relation): number {
  return interval === undefined ? 0 : interval.high - interval.low;
}

/** The relations by which each request's answer would be the one before, or the next. */
function beatsBeside({ app, requests }: Base, offsetAt: (ns: number) => number): Beginning['first'][] {
  const completed = Float64Array.from(requests.complete, (row) => app.table.ts[row] ?? Number.NaN)
    .filter((time) => !Number.isNaN(time))
    .sort();
  const gaps = completed
    .subarray(1)
    .map((time, index) => time - completed[index]!)
    .sort();
  const beat = gaps[gaps.length >> 1] ?? 0;
  return [-beat, beat].map((shift) => ({ offsetAt: (ns) => offsetAt(ns) + shift, slackNs: beat / 4 }));
}

function placed(relation: Relation, { host, vcpus }: Actors): { host: Side | undefined; relation: Relation } {
  if (relation.method === 'none') return { host: undefined, relation };
  return { host: otherSide(host!, vcpus, relation.offsetAt), relation };
}

function roughExchanges(base: Base, actors: Actors, roundingNs: number): readonly Exchange[] {
  const appTable = base.app.table;
  if (actors.match !== undefined)
    return [messagesBySector(appTable, base.requests, actors.hostTable!, actors.match, roundingNs)];
  const { rows } = follow(withHost(base, undefined, 0, 0));
  const rhythm = {
    completions: rows.get('guest:irq') ?? base.requests.complete,
    kicks: rows.get('guest:kick'),
  };
  return messagesByRhythm(appTable, base.requests, rhythm, actors.host!, roundingNs);
}
