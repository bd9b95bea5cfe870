/**
 * Stages of two recordings side by side. Where one of them merged what the other kept apart (a point was not observed, or a mechanism
 * made it unnecessary), the parts are added up, so that like is compared with like and the differences still sum to that of the total.
 */

/** One row of the comparison: the stages of each side that it is the sum of; none: that side does not have it. */
export interface CommonStage {
  readonly id: string;
  readonly a: readonly string[];
  readonly b: readonly string[];
}

const partsOf = (id: string) => id.split('+');

/** Pairs the stages of both sides, given in the order of the request's way; every one of them is in exactly one row. */
export function commonStages(a: readonly string[], b: readonly string[]): CommonStage[] {
  const both = new Set(a.filter((id) => b.includes(id)));
  const groups = [...both].map((id) => ({ a: [id], b: [id] }));
  const alone = overlapping(
    a.filter((id) => !both.has(id)),
    b.filter((id) => !both.has(id)),
  );
  const inOrder = (ids: readonly string[], way: readonly string[]) =>
    ids.toSorted((x, y) => way.indexOf(x) - way.indexOf(y));
  return [...groups, ...alone]
    .map((group) => ({ a: inOrder(group.a, a), b: inOrder(group.b, b) }))
    .map((group) => ({ group, place: placeOf(group, a, b) }))
    .toSorted((x, y) => x.place - y.place)
    .map(({ group }) => ({ id: nameOf(group), ...group }));
}

interface Group {
  a: string[];
  b: string[];
}

/** Groups of stages that have a part in common with one of the other side. */
function overlapping(a: readonly string[], b: readonly string[]): Group[] {
  let groups: Group[] = a.map((id) => ({ a: [id], b: [] }));
  for (const id of b) {
    const parts = new Set(partsOf(id));
    const meets = (group: Group) => group.a.some((other) => partsOf(other).some((part) => parts.has(part)));
    const met = groups.filter(meets);
    const merged = { a: met.flatMap((group) => group.a), b: [...met.flatMap((group) => group.b), id] };
    groups = [...groups.filter((group) => !meets(group)), merged];
  }
  return groups;
}

/** The name of the widest member where that holds all parts, else all parts in order. */
function nameOf({ a, b }: Group): string {
  const members = [...a, ...b];
  const all = [...new Set(members.flatMap(partsOf))];
  return members.find((id) => partsOf(id).length === all.length) ?? all.join('+');
}

/** Where its first member is on A's way; what A does not have comes after its neighbour on B's. */
function placeOf(group: Group, a: readonly string[], b: readonly string[]): number {
  if (group.a.length > 0) return Math.min(...group.a.map((id) => a.indexOf(id)));
  const onB = Math.min(...group.b.map((id) => b.indexOf(id)));
  const before = b.slice(0, onB).findLast((id) => a.includes(id));
  return (before === undefined ? -1 : a.indexOf(before)) + 0.5 + onB / 1000;
}
