/** Whether what is wrong in a recording is so from a moment on, or up to one, and not here and there. */

/** How many are wrong, and how many there are before the first of them, from it to the last, and behind that. */
export interface Wrong {
  readonly count: number;
  readonly before: number;
  readonly among: number;
  readonly behind: number;
}

/** Fewer than this, or than this share of those around them, are strangers'. */
const LEAST_WRONG = 3;
const LEAST_WRONG_SHARE = 0.02;
/** None is wrong of at least this share of all, from the beginning or up to the end, or where so many were to be expected. */
const LEAST_RIGHT = 0.25;
const LEAST_EXPECTED = 5;
const LEAST_EXPECTED_ANYWAY = 3;
/** Wrong ones go on to the other end: what is behind the last of them is at most so many times as long as from one to the next. */
const MOST_BEHIND = 5;

export function isFromAMoment({ count, before, among, behind }: Wrong): boolean {
  if (count < Math.max(LEAST_WRONG, among * LEAST_WRONG_SHARE)) return false;
  const [right, rest] = [Math.max(before, behind), Math.min(before, behind)];
  const isRight = right >= (before + among + behind) * LEAST_RIGHT || right * count >= LEAST_EXPECTED * among;
  return isRight && rest * count <= MOST_BEHIND * among;
}

/** The same of what is known to be wrong somewhere: only whether another part is right. */
export function isRightInAPart({ count, before, among, behind }: Wrong): boolean {
  const right = Math.max(before, behind);
  return right >= (before + among + behind) * LEAST_RIGHT || right * count >= LEAST_EXPECTED_ANYWAY * among;
}
