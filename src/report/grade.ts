/** The grade: the worst letter of all reasons. Each reason is a fact with its figure, so a reader can disagree. */
import type { Grade } from './report-model.ts';

export interface GradeReason {
  readonly letter: Grade;
  readonly text: string;
}

const ORDER: readonly Grade[] = ['A', 'B', 'C', 'D', 'E', 'F'];

/** The worst of the reasons' letters, A without any; reasons come back worst first. */
export function gradeOf(reasons: readonly GradeReason[]): { letter: Grade; reasons: readonly GradeReason[] } {
  const sorted = [...reasons].sort((a, b) => ORDER.indexOf(b.letter) - ORDER.indexOf(a.letter));
  return { letter: sorted[0]?.letter ?? 'A', reasons: sorted };
}

/** True when `letter` is below what was asked for. */
export function isBelow(letter: Grade, asked: Grade): boolean {
  return ORDER.indexOf(letter) > ORDER.indexOf(asked);
}

/** The letter a share deserves: at least `a` is A, at least `b` is B, and so on; below all is E, zero is F. */
export function letterOfShare(share: number, [a, b, c, d]: readonly [number, number, number, number]): Grade {
  if (share >= a) return 'A';
  if (share >= b) return 'B';
  if (share >= c) return 'C';
  if (share >= d) return 'D';
  return share > 0 ? 'E' : 'F';
}
