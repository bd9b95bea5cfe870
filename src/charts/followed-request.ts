/** A request of the sample, taken apart again: its stages with the letters of the table. */
import type { PictureModel, SampledRequest } from '../picture/picture-model.ts';
import { formatBytes, formatDuration } from '../render/format-ns.ts';
import type { Side } from '../render/stacked-bar.ts';
import type { StageTable } from '../render/stage-rows.ts';

export interface FollowedStage {
  readonly key: string;
  readonly id: string;
  readonly title: string;
  readonly side: Side;
  readonly from: string;
  readonly to: string;
  /** After the request's start. */
  readonly fromNs: number;
  readonly ns: number;
}

export interface FollowedRequest {
  readonly number: number;
  readonly totalNs: number;
  readonly variant: string;
  /** What it was, in words. */
  readonly about: string;
  readonly stages: readonly FollowedStage[];
  /** Points that are no border of a stage: inside one, or beside the critical path. */
  readonly beside: readonly RequestPoint[];
  /** All points, in order of time. */
  readonly points: readonly RequestPoint[];
}

export interface RequestPoint {
  readonly id: string;
  readonly title: string;
  readonly side: 'app' | 'guest' | 'host';
  /** After the request's start. */
  readonly atNs: number;
  /** A border between two stages. */
  readonly border: boolean;
}

export function totalOf([, , , , , , offsets]: SampledRequest): number {
  return offsets.at(-1) ?? 0;
}

/** Neighbouring stages of one name are one stage, as in the report; a stage the table does not have keeps its own name. */
export function followedRequest(
  row: SampledRequest,
  { sample }: PictureModel,
  table: StageTable,
): FollowedRequest {
  const [number, sequence, startNs, sector, bytes, direction, offsets, besideNs] = row;
  const { variant, points, stages } = sample.sequences[sequence]!;
  const known = new Map(
    table.sides.flatMap(({ rows }) => rows.map((each) => [each.stage.id, each] as const)),
  );
  const point = (index: number) => sample.points[index]!;
  const followed: FollowedStage[] = [];
  stages.forEach((id, at) => {
    const last = followed.at(-1);
    const fromNs = at === 0 ? 0 : offsets[at - 1]!;
    const to = point(points[at + 1]!).id;
    const ns = offsets[at]! - fromNs;
    if (last?.id === id) followed[followed.length - 1] = { ...last, to, ns: last.ns + ns };
    else {
      const own = known.get(id);
      followed.push({
        key: own?.key ?? '·',
        id,
        title: own?.stage.title ?? '',
        side: own?.stage.side ?? 'submit',
        from: point(points[at]!).id,
        to,
        fromNs,
        ns,
      });
    }
  });
  const passed = (index: number, atNs: number, border: boolean): RequestPoint => ({
    ...point(index),
    atNs,
    border,
  });
  const beside = besideNs.flatMap((value, at) =>
    at % 2 === 0 ? [passed(value, besideNs[at + 1]!, false)] : [],
  );
  const borders = points.map((index, at) => passed(index, at === 0 ? 0 : offsets[at - 1]!, true));
  const totalNs = totalOf(row);
  return {
    number,
    totalNs,
    variant,
    about: `request ${number}: ${formatDuration(totalNs)}, ${direction} of ${formatBytes(bytes)} at sector ${sector}, begun ${formatDuration(startNs)} after the first; ${variant}`,
    stages: followed,
    beside,
    points: [...borders, ...beside].toSorted((a, b) => a.atNs - b.atNs),
  };
}
