/**
 * Follows requests with the host on their time line. Enters: requests, who takes part in them. Leaves: their rows; none of the host's
 * where following them shows that no one relation holds.
 */
import type { Relation } from '../clocks/relation.ts';
import { pointById } from '../paths/points.ts';
import type { Actors } from './actors.ts';
import { type Followed, follow } from './follow.ts';
import { missedPoint } from './missed-points.ts';
import { placeHost } from './place-host.ts';
import type { Scene } from './scene.ts';
import { clocksSet } from './set-clocks.ts';
import type { Side } from './side.ts';
import type { Base, KnownClocks } from './tighten.ts';

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
  const followed = follow(scene);
  const missed = missedPoint(scene, followed);
  if (missed === undefined) return { scene, followed, relation };
  const without = sceneOf(base, undefined, relation);
  const why = `${missed.requests} requests miss ${pointById(missed.point).title}, which the host passed by as often: no one relation of the clocks is right, as when one is set while it is recorded`;
  return { scene: without, followed: follow(without), relation: clocksSet(why) };
}

function sceneOf(base: Base, host: Side | undefined, { uncertaintyNs }: Relation): Scene {
  return { ...base, host, slackNs: 0, boundNs: host === undefined ? 0 : uncertaintyNs };
}
