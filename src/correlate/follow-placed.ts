/**
 * Follows requests with the host on their time line. Enters: requests, who takes part in them. Leaves: their rows; none of the host's
 * where following them shows that no one relation holds.
 */
import type { Relation } from '../clocks/relation.ts';
import { pointById } from '../paths/points.ts';
import type { Actors } from './actors.ts';
import { type Followed, follow } from './follow.ts';
import { type LateExits, lateExits } from './late-exits.ts';
import { type MissedPoint, missedPoint } from './missed-points.ts';
import { type OutsideGuest, outsideGuest } from './outside-guest.ts';
import { placeHost } from './place-host.ts';
import { type Base, type Scene, withHost } from './scene.ts';
import { contradicted } from './set-clocks.ts';
import type { Side } from './side.ts';
import type { KnownClocks } from './tighten.ts';

export interface FollowedPlaced {
  readonly scene: Scene;
  readonly followed: Followed;
  readonly relation: Relation;
}

/** Places the host, then follows all requests. */
export function followPlaced(
  base: Base,
  actors: Actors,
  input: KnownClocks,
  appEpoch: bigint,
): FollowedPlaced {
  const { host, relation } = placeHost(base, actors, input, appEpoch);
  const scene = sceneOf(base, host, relation);
  const slackNs = relation.uncertaintyNs + input.roundingNs;
  const outside = scene.isLossy ? undefined : outsideGuest(scene, slackNs);
  if (outside !== undefined) return withoutHost(base, relation, whyOutside(outside));
  const followed = follow(scene);
  const late = scene.isLossy ? undefined : lateExits(scene, followed, slackNs);
  if (late !== undefined) return withoutHost(base, relation, whyLate(late));
  const missed = missedPoint(scene, followed);
  return missed === undefined
    ? { scene, followed, relation }
    : withoutHost(base, relation, whyMissed(missed));
}

function withoutHost(base: Base, relation: Relation, why: string): FollowedPlaced {
  const scene = sceneOf(base, undefined, relation);
  return { scene, followed: follow(scene), relation: contradicted(why) };
}

const CLOCK_OFF = 'the clock of a CPU of the host is off, or one was set while it was recorded';

function whyOutside({ vcpu, rows, outside, deepestNs }: OutsideGuest): string {
  return `${count(outside)} of ${count(rows)} events of the guest’s CPU ${vcpu} lie where that vCPU had left the guest, by up to ${microseconds(deepestNs)}: ${CLOCK_OFF}`;
}

function whyLate({ requests, latestNs }: LateExits): string {
  return `of ${count(requests)} requests the exit for their kick lies behind what their task did next, by up to ${microseconds(latestNs)}: ${CLOCK_OFF}`;
}

function whyMissed({ requests, point }: MissedPoint): string {
  return `${requests} requests miss ${pointById(point).title}, which the host passed by as often: no one relation of the clocks is right, as when one is set while it is recorded`;
}

const count = (number: number) => number.toLocaleString('en-US');
const microseconds = (ns: number) => `${(ns / 1000).toFixed(1)} µs`;

function sceneOf(base: Base, host: Side | undefined, { uncertaintyNs }: Relation): Scene {
  return withHost(base, host, 0, host === undefined ? 0 : uncertaintyNs);
}
