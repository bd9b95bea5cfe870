/**
 * The studentised bootstrap of a difference of two means (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, 12.5 and 16.2):
 * units (blocks of consecutive requests, or runs) are drawn with replacement from each side, for all questions at once. Dividing by the
 * error of each draw makes the intervals as wide as few and skewed units need.
 */
import { randomOf } from './random.ts';

export const RESAMPLES = 9999;
export const SEED = 20201;
const LEAST_P = 1 / (RESAMPLES + 1);

/** The units of both sides for one question: `b` less `a` is asked for. Each side has the same number of units in all questions. */
export interface UnitPair {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

export interface BootstrapResult {
  /** Mean of b less mean of a. */
  readonly difference: number;
  /** Two-sided, of this question alone. */
  readonly p: number;
  /** Half of the 95 % interval. */
  readonly half95: number;
  /** Half of the interval that leaves out `strict` of what chance makes; Infinity where too few units cannot say. */
  readonly halfStrict: number;
}

interface Centred {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly difference: number;
  readonly error: number;
  readonly studentised: Float64Array;
}

/** `strict`: the share of chance that the strict interval leaves out, such as 0.05 / questions. */
export function bootstrap(pairs: readonly UnitPair[], strict: number): BootstrapResult[] {
  const first = pairs[0];
  if (first === undefined) return [];
  const questions = pairs.map(centre);
  const varying = questions.filter(({ error }) => error > 0);
  const random = randomOf(SEED);
  const draw = (drawn: Int32Array) => {
    for (let at = 0; at < drawn.length; at++) drawn[at] = Math.floor(random() * drawn.length);
  };
  const drawnA = new Int32Array(first.a.length);
  const drawnB = new Int32Array(first.b.length);
  for (let sample = 0; sample < RESAMPLES; sample++) {
    draw(drawnA);
    draw(drawnB);
    for (const { a, b, studentised } of varying) studentised[sample] = studentisedDraw(a, b, drawnA, drawnB);
  }
  return questions.map((question) => resultOf(question, strict));
}

function centre({ a, b }: UnitPair): Centred {
  const [ofA, ofB] = [moments(a), moments(b)];
  return {
    a: a.map((value) => value - ofA.mean),
    b: b.map((value) => value - ofB.mean),
    difference: ofB.mean - ofA.mean,
    error: Math.sqrt(ofA.error2 + ofB.error2),
    studentised: new Float64Array(RESAMPLES),
  };
}

interface Moments {
  readonly mean: number;
  /** Squared standard error of the mean. */
  readonly error2: number;
}

function moments(values: Float64Array): Moments {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error2: n < 2 ? Number.POSITIVE_INFINITY : squares / (n - 1) / n };
}

/** Less than this of the sum of squares is rounding: the units drawn are equal. */
const ROUNDING = 1e-12;

/**
 * Difference over error of one draw, without a sign; one pass, as values are centred. A draw of equal units has no error: it is as far
 * out as can be, so that it counts against a difference.
 */
function studentisedDraw(a: Float64Array, b: Float64Array, drawnA: Int32Array, drawnB: Int32Array): number {
  let [sumA, squaresA, sumB, squaresB] = [0, 0, 0, 0];
  for (let at = 0; at < drawnA.length; at++) {
    const value = a[drawnA[at]!]!;
    sumA += value;
    squaresA += value * value;
  }
  for (let at = 0; at < drawnB.length; at++) {
    const value = b[drawnB[at]!]!;
    sumB += value;
    squaresB += value * value;
  }
  const [nA, nB] = [drawnA.length, drawnB.length];
  const spreadA = squaresA - (sumA * sumA) / nA;
  const spreadB = squaresB - (sumB * sumB) / nB;
  const error2 = spreadA / (nA * (nA - 1)) + spreadB / (nB * (nB - 1));
  if (spreadA + spreadB <= ROUNDING * (squaresA + squaresB)) return Number.POSITIVE_INFINITY;
  return Math.abs(sumB / nB - sumA / nA) / Math.sqrt(error2);
}

function resultOf({ difference, error, studentised }: Centred, strict: number): BootstrapResult {
  // Units that are all equal: nothing varies, so chance makes no difference.
  if (!(error > 0)) return { difference, p: difference === 0 ? 1 : LEAST_P, half95: 0, halfStrict: 0 };
  const own = Math.abs(difference) / error;
  const ascending = studentised.toSorted();
  const beyond = ascending.length - countBelow(ascending, own);
  const half = (leftOut: number) => {
    const rank = Math.ceil((1 - leftOut) * (RESAMPLES + 1)) - 1;
    return (ascending[rank] ?? Number.POSITIVE_INFINITY) * error;
  };
  return {
    difference,
    p: (1 + beyond) / (RESAMPLES + 1),
    half95: half(0.05),
    halfStrict: half(strict),
  };
}

function countBelow(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
