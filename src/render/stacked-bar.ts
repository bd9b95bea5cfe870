import { apportion } from './apportion.ts';
import { displayWidth } from './wrap.ts';

/** The three sides a stage can be on. */
export type Side = 'submit' | 'device' | 'complete';

/** What a side's cells are filled with, so that it is told apart without colour. */
export const FILL: Readonly<Record<Side, string>> = { submit: '░', device: '█', complete: '▒' };

/** A part of a bar: how large it is, and the texts that may stand in it, best (longest) first. */
export interface BarSegment {
  readonly value: number;
  readonly side: Side;
  readonly labels: readonly string[];
}

/** A stretch of cells of one side, as text of as many cells. */
export interface BarRun {
  readonly side: Side;
  readonly text: string;
}

/**
 * A bar of exactly `width` cells, whole cells by largest remainder: no segment is off by a cell. A segment starts with the
 * first of its labels that fits and is filled up with its side's character; one of less than half a cell may get
 * none. A value below zero (a stage shorter than the error of its clocks) gets none either. No runs when nothing is left.
 */
export function stackedBar(segments: readonly BarSegment[], width: number): BarRun[] {
  const values = segments.map((segment) => Math.max(0, segment.value));
  const sum = values.reduce((total, value) => total + value, 0);
  if (!(sum > 0) || !Number.isFinite(sum)) return [];
  const cells = apportion(
    values.map((value) => (value / sum) * width),
    width,
  );
  if (cells === null) return [];
  return segments
    .map((segment, at) => ({ side: segment.side, text: fillSegment(segment, cells[at]!) }))
    .filter((run) => run.text !== '');
}

function fillSegment(segment: BarSegment, cells: number): string {
  // One cell of filling after a label keeps it apart from the next segment's.
  const label =
    segment.labels.find(
      (text, at) => displayWidth(text) + (at === segment.labels.length - 1 ? 0 : 1) <= cells,
    ) ?? '';
  return label + FILL[segment.side].repeat(cells - displayWidth(label));
}
