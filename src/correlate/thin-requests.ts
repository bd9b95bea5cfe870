/**
 * In a recording that lost events without saying where, a request that lacks a point may have passed it. Enters: followed
 * requests, and how likely each point's rows went missing unnoticed. Leaves: the requests that others could have become.
 */
import type { IoPath, PointRule } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';
import type { SideDoubts } from './near-gaps.ts';
import { type Scene, sideOf } from './scene.ts';

/**
 * Requests that lack the same points are not believed when more of them than this are expected to have lost those points
 * unnoticed: so many in all, and such a share of them.
 */
const MOST_EXPECTED = 0.001;
const MOST_EXPECTED_SHARE = 2e-5;
/** The least guarded rows of a point decide how likely its loss goes unnoticed: this share of them. */
const LEAST_GUARDED = 0.05;

/** Requests that have the same points. */
interface Group {
  readonly has: readonly boolean[];
  readonly members: number[];
}

/** What so few requests have in common may be damage that happens to look alike. */
const LEAST_COMMON = 0.01;

/** Per request (of `usable`, but for those that are `doubted` already) why it cannot be believed; nothing for those that can. */
export function thinRequests(
  scene: Scene,
  followed: Followed,
  usable: Int32Array,
  doubted: readonly (string | undefined)[],
  doubts: SideDoubts,
): ReadonlyMap<number, string> {
  const reasons = new Map<number, string>();
  if (doubts.app.lossShare === 0 && doubts.host.lossShare === 0) return reasons;
  const whole = usable.filter((request) => doubted[request] === undefined);
  const points = pointsThatMatter(scene.path).filter((point) => followed.rows.has(point));
  const loss = points.map((point) => unnoticedLoss(scene, followed, doubts, point));
  const needs = dependence(scene.path, points);
  const groups = new Map<string, Group>();
  for (const request of whole) {
    const has = points.map((point) => followed.rows.get(point)![request] !== NO_ROW);
    const key = has.map(Number).join('');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { has, members: [request] });
    else group.members.push(request);
  }
  const all = [...groups.values()];
  for (const group of all) {
    const fuller = likeliestOrigin(group, all, loss, needs);
    const reason =
      fuller !== undefined
        ? `events are missing in the recording, perhaps its ${points[fuller]}`
        : group.members.length < whole.length * LEAST_COMMON
          ? 'events are missing in the recording, and hardly any request has the points it has'
          : undefined;
    if (reason !== undefined) for (const request of group.members) reasons.set(request, reason);
  }
  return reasons;
}

/** Position of the point that requests like this one probably lost; undefined when too few can have. */
function likeliestOrigin(
  { has, members }: Group,
  groups: readonly Group[],
  loss: readonly number[],
  needs: readonly ((lacking: ReadonlySet<number>) => boolean)[],
): number | undefined {
  let expected = 0;
  let most = 0;
  let missing: number | undefined;
  for (const group of groups) {
    if (group.has === has || has.some((own, at) => own && !group.has[at])) continue;
    const lacking = new Set([...has.keys()].filter((at) => group.has[at] && !has[at]));
    // A point that is looked for with the help of another one is gone with it.
    const lost = [...lacking].filter((at) => !needs[at]!(lacking));
    const alike = lost.reduce((count, at) => count * loss[at]!, group.members.length);
    expected += alike;
    if (alike > most) {
      most = alike;
      missing = lost[0];
    }
  }
  return expected > Math.min(MOST_EXPECTED, MOST_EXPECTED_SHARE * members.length) ? missing : undefined;
}

/** Per point whether it cannot be found once all of `lacking` are gone. */
function dependence(path: IoPath, points: readonly PointId[]): ((lacking: ReadonlySet<number>) => boolean)[] {
  return points.map((point) => {
    const rules = path.rules.filter((rule) => rule.point === point);
    return (lacking) => {
      const gone = (other: PointId) => other !== point && lacking.has(points.indexOf(other));
      return rules.length > 0 && rules.every((rule) => needsOneOf(rule, gone));
    };
  });
}

function needsOneOf(rule: PointRule, gone: (point: PointId) => boolean): boolean {
  return (
    (rule.onlyWith !== undefined && gone(rule.onlyWith)) ||
    ('of' in rule.join && gone(rule.join.of)) ||
    (typeof rule.tag === 'object' && gone(rule.tag.sameAs)) ||
    (rule.after.length > 0 && rule.after.every(gone)) ||
    (rule.before.length > 0 && rule.before.every(gone))
  );
}

/** Says only whether the vCPU was idle while the request was in flight, nothing of the request. */
const INDEPENDENT: ReadonlySet<PointId> = new Set(['kvm:halt']);

/** All points of the path, and what the rules that find them hang on. */
function pointsThatMatter(path: IoPath): PointId[] {
  const points = [...path.points.map(({ point }) => point), ...path.rules.map(({ point }) => point)];
  return [...new Set(points)].filter((point) => !INDEPENDENT.has(point));
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
