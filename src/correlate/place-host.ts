/**
 * Puts the host on the application's time line. Enters: requests, who takes part in them. Leaves: the host with its times
 * there, and how the clocks are related; no host where they cannot be.
 */
import { type ExactRelation, ONE_CLOCK, type Relation } from '../clocks/relation.ts';
import { pointById } from '../paths/points.ts';
import type { Actors } from './actors.ts';
import { follow } from './follow.ts';
import { type Exchange, messagesByPoints, messagesByRhythm, messagesBySector } from './messages.ts';
import { firstRelation, NO_RHYTHM, oneSidedRelation, tightRelation, unrelated } from './relate.ts';
import { sampleOf } from './sample.ts';
import type { Scene } from './scene.ts';
import { otherSide, type Side } from './side.ts';

/** A scene without its host. */
type Base = Omit<Scene, 'host' | 'slackNs' | 'boundNs'>;

/** What is known of the clocks beforehand; see CorrelateInput. */
export interface KnownClocks {
  readonly exact?: ExactRelation | undefined;
  readonly sameRate: boolean;
  readonly roundingNs: number;
}

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
  const rough = roughExchange(base, actors, input.roundingNs);
  if (rough === undefined && input.exact === undefined)
    return {
      host: undefined,
      relation: unrelated(NO_RHYTHM),
    };
  const first = firstRelation(rough, input);
  if ('failure' in first) return { host: undefined, relation: unrelated(first.failure) };
  const epochs = { app: appEpoch, host: hostTable.epoch };
  let relation: Relation | undefined;
  let { offsetAt } = first;
  let slackNs = first.slackNs;
  // Each pass knows the clocks better, so fewer strangers fall into a request's windows; the last, over all, decides.
  const sample = sampleOf(base);
  for (const some of sample === base ? [base, base] : [sample, sample, base]) {
    const scene: Scene = {
      ...some,
      host: otherSide(actors.host, actors.vcpus, offsetAt),
      slackNs,
      boundNs: slackNs,
    };
    const messages = messagesByPoints(scene, follow(scene), input.roundingNs);
    // Above queue depth 1 no request may have been alone: the messages that need no clock then are all there is.
    const enough = messages.lower.at.length > 0 && messages.upper.at.length > 0 ? messages : rough;
    relation =
      enough === undefined
        ? oneSidedRelation(messages, input.exact!, epochs)
        : tightRelation(enough, input.sameRate, input.exact, epochs);
    if (relation.method === 'none') return { host: undefined, relation };
    offsetAt = relation.offsetAt;
    slackNs = relation.uncertaintyNs;
  }
  return { host: otherSide(actors.host, actors.vcpus, offsetAt), relation: relation! };
}

function roughExchange(base: Base, actors: Actors, roundingNs: number): Exchange | undefined {
  const appTable = base.app.table;
  if (actors.match !== undefined)
    return messagesBySector(appTable, base.requests, actors.hostTable!, actors.match, roundingNs);
  const { rows } = follow({ ...base, host: undefined, slackNs: 0, boundNs: 0 });
  const rhythm = {
    completions: rows.get('guest:irq') ?? base.requests.complete,
    kicks: rows.get('guest:kick'),
  };
  return messagesByRhythm(appTable, base.requests, rhythm, actors.host!, roundingNs);
}
