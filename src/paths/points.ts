/**
 * The vocabulary of points: every place in the stack that stamps a time. A path puts them in order; `iotrace explain POINT` prints
 * their sentences.
 */

import type { Point } from './define-point.ts';
import { APP_POINTS } from './points-of-app.ts';
import { HOST_POINTS } from './points-of-host.ts';

export const POINTS = [...APP_POINTS, ...HOST_POINTS] as const;

export type PointId = (typeof POINTS)[number]['id'];

const BY_ID = new Map<string, Point>(POINTS.map((point) => [point.id, point]));

/** The point of an id. Throws when the vocabulary has no such point. */
export function pointById(id: string): Point {
  const point = BY_ID.get(id);
  if (point === undefined) throw new Error(`no point is named ${id}`);
  return point;
}
