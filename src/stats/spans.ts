/** What requests of one variant have in common: their stages, each between two columns of the request table. */
import type { RequestTable } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';

/** A stage of a variant: its durations are `toNs` less `fromNs`, request by request. */
export interface Span {
  readonly id: string;
  readonly from: PointId;
  readonly to: PointId;
  readonly fromNs: Int32Array;
  readonly toNs: Int32Array;
}

/** Requests of one variant, and the position of the last of them among those that were asked for. */
export interface Population {
  readonly name: string;
  readonly spans: readonly Span[];
  readonly members: Int32Array;
  readonly last: number;
}

/** Stages of each variant, in order. */
export function spansOf({ variants, offsets }: RequestTable): readonly (readonly Span[])[] {
  return variants.map(({ points, stages }) => {
    const spans: Span[] = [];
    stages.forEach((id, index) => {
      const last = spans.at(-1);
      const to = points[index + 1]!;
      const toNs = offsets.get(to)!;
      // Neighbouring stages of one name become one; the name is what a reader follows.
      if (last?.id === id) spans[spans.length - 1] = { ...last, to, toNs };
      else spans.push({ id, from: points[index]!, to, fromNs: offsets.get(points[index]!)!, toNs });
    });
    return spans;
  });
}

/** Splits requests by variant; the variant that is met first comes first, and its requests stay in their order. */
export function byVariant(
  requests: RequestTable,
  spans: readonly (readonly Span[])[],
  members: Int32Array,
): Population[] {
  if (requests.variants.length === 1 && members.length > 0)
    return [{ name: requests.variants[0]!.name, spans: spans[0]!, members, last: members.length - 1 }];
  const sizes = new Uint32Array(requests.variants.length);
  const last = new Uint32Array(requests.variants.length);
  const met: number[] = [];
  for (let at = 0; at < members.length; at++) {
    const variant = requests.variant[members[at]!]!;
    if (sizes[variant]!++ === 0) met.push(variant);
    last[variant] = at;
  }
  return met.map((variant) => {
    const own = sizes[variant] === members.length ? members : new Int32Array(sizes[variant]!);
    for (let at = 0, next = 0; next < own.length && own !== members; at++)
      if (requests.variant[members[at]!] === variant) own[next++] = members[at]!;
    return {
      name: requests.variants[variant]!.name,
      spans: spans[variant]!,
      members: own,
      last: last[variant]!,
    };
  });
}
