/**
 * In a recording that lost events without saying where, a request that lacks a point may have passed it. Enters: followed
 * requests, and how likely each point's rows went missing unnoticed. Leaves: the requests that others could have become.
 */
import type { IoPath } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import { borders, type Followed, type Scene, sideOf } from './follow.ts';
import type { SideDoubts } from './near-gaps.ts';

/** More requests than this being expected to look alike by loss alone, none of them is believed. */
const MOST_EXPECTED = 0.02;
/** The least guarded rows of a point decide how likely its loss goes unnoticed: this share of them. */
const LEAST_GUARDED = 0.05;

/** Per request (of `usable`) why it cannot be believed, undefined for those that can. */
export function thinRequests(
  scene: Scene,
  followed: Followed,
  usable: readonly number[],
  doubts: SideDoubts,
): ReadonlyMap<number, string> {
  const reasons = new Map<number, string>();
  if (doubts.app.lossShare === 0 && doubts.host.lossShare === 0) return reasons;
  const points = pointsThatMatter(scene.path).filter((point) => followed.rows.has(point));
  const loss = points.map((point) => unnoticedLoss(scene, followed, doubts, point));
  const groups = new Map<string, { has: boolean[]; members: number[] }>();
  for (const request of usable) {
    const has = points.map((point) => followed.rows.get(point)![request] !== NO_ROW);
    const key = has.map(Number).join('');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { has, members: [request] });
    else group.members.push(request);
  }
  const all = [...groups.values()];
  for (const { has, members } of all) {
    const fuller = likeliestOrigin(has, all, loss);
    if (fuller === undefined) continue;
    for (const request of members)
      reasons.set(request, `events are missing in the recording, perhaps its ${points[fuller]}`);
  }
  return reasons;
}

/** Position of the point that requests like this one probably lost; undefined when too few can have. */
function likeliestOrigin(
  has: readonly boolean[],
  groups: readonly { readonly has: readonly boolean[]; readonly members: readonly number[] }[],
  loss: readonly number[],
): number | undefined {
  let expected = 0;
  let most = 0;
  let missing: number | undefined;
  for (const group of groups) {
    if (group.has === has || has.some((own, at) => own && !group.has[at])) continue;
    const lacking = [...has.keys()].filter((at) => group.has[at] && !has[at]);
    const alike = lacking.reduce((count, at) => count * loss[at]!, group.members.length);
    expected += alike;
    if (alike > most) {
      most = alike;
      missing = lacking[0];
    }
  }
  return expected > MOST_EXPECTED ? missing : undefined;
}

/** Borders of stages, and what the rules that find them hang on. */
function pointsThatMatter(path: IoPath): PointId[] {
  const points = new Set<PointId>(borders(path).map(({ point }) => point));
  for (const rule of path.rules) {
    if (!borders(path).some(({ point }) => point === rule.point)) continue;
    for (const point of [...rule.after, ...rule.before]) points.add(point);
    if (rule.onlyWith !== undefined) points.add(rule.onlyWith);
    if ('of' in rule.join) points.add(rule.join.of);
    if (typeof rule.tag === 'object') points.add(rule.tag.sameAs);
  }
  return [...points];
}

/** Probability that a request's row of a point is lost and nothing beside it gives that away. */
function unnoticedLoss(scene: Scene, followed: Followed, doubts: SideDoubts, point: PointId): number {
  const side = sideOf(scene, point);
  const { lossShare, chain } = side === scene.app ? doubts.app : doubts.host;
  if (chain === undefined) return 0;
  const lengths = [...followed.rows.get(point)!]
    .filter((row) => row !== NO_ROW)
    .map((row) => chain[row]!)
    .sort((a, b) => a - b);
  return lossShare ** (lengths[Math.floor(lengths.length * LEAST_GUARDED)] ?? 1);
}
