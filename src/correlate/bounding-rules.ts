/**
 * Which of a path's rules the messages between the machines hang on. A message to the host is bounded by a request's first row
 * there, one back by its last: points that lie between others on every way need not be found for that.
 */
import type { IoPath, PointRule } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import type { Occurrences } from '../trace/occurrences.ts';

/** An interrupt's way into the guest, in order: with one of them recorded, no back-end's row is a request's last. */
const INJECTION: readonly PointId[] = ['kvm:irqfd', 'kvm:inject', 'kvm:deliver', 'kvm:entry'];

/** The path without the rules of points that lie between its host request's ends, or between that and the injection. */
export function boundingPath(path: IoPath, host: Occurrences): IoPath {
  const order = new Map(path.points.map(({ point }, at) => [point, at]));
  const at = (point: PointId) => order.get(point) ?? Number.NaN;
  const isRecorded = (point: PointId) =>
    path.rules.some((rule) => rule.point === point && rule.events.some((event) => host.count(event) > 0));
  const submitted = isRecorded('backend:submit') ? at('backend:submit') : at('host:issue');
  const completed = at('host:complete');
  const injected = at(INJECTION.find(isRecorded) ?? 'host:complete');
  const isBetween = (point: PointId) =>
    (at(point) > submitted && at(point) < completed) || (at(point) > completed && at(point) < injected);
  const needed = neededBy(path.rules.filter(({ point }) => !isBetween(point)));
  return {
    ...path,
    rules: path.rules.filter(({ point }) => !isBetween(point) || needed.has(point)),
  };
}

/** What the rules say of other points: whose row theirs belongs to. */
function neededBy(rules: readonly PointRule[]): ReadonlySet<PointId> {
  const needed = new Set<PointId>();
  for (const { join, onlyWith, tag, drains } of rules) {
    if ('of' in join) needed.add(join.of);
    for (const point of [onlyWith, drains]) if (point !== undefined) needed.add(point);
    if (typeof tag === 'object') needed.add(tag.sameAs);
  }
  return needed;
}
