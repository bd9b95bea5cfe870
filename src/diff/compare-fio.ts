/** What fio measured, set against what fio measured: the mean latency of runs. */
import { bootstrap, RESAMPLES, SEED } from './bootstrap.ts';
import type { Difference, DiffModel, DiffSide, SettingDifference } from './diff-model.ts';
import { ALPHA, unitsOf } from './differences.ts';
import { unitNotes } from './notes.ts';

/** One fio JSON file. Settings by name, as fio was told them. */
export interface FioRun {
  readonly name: string;
  readonly requests: number;
  /** Mean total latency. */
  readonly meanNs: number;
  readonly settings: Readonly<Record<string, string>>;
}

type Side = readonly [FioRun, ...FioRun[]];

/** Settings without which means cannot be compared; a job file has them under these names. */
const REFUSES = new Set(['queue depth', 'block size', 'direction']);
const WARNS = new Set(['ioengine', 'filename']);

export function compareFio(a: Side, b: Side, version: string): DiffModel {
  // A mean alone does not say how much it varies: only runs do.
  const runs = unitsOf(
    a.map(() => 0),
    b.map(() => 0),
  );
  const differing = settingDifferences(a, b);
  const matters = ({ name }: SettingDifference) => REFUSES.has(name) || WARNS.has(name);
  return {
    diff: 1,
    tool: { name: 'iotrace', version },
    kind: 'fio',
    a: sideOf(a),
    b: sideOf(b),
    method: { ...runs, resamples: RESAMPLES, seed: SEED, questions: 1 },
    total: difference(a, b, runs.unit === 'runs'),
    stages: [],
    matters: differing.filter(matters),
    found: [],
    settings: differing.filter((each) => !matters(each)),
    notes:
      runs.unit === 'runs'
        ? []
        : [
            ...unitNotes(runs as DiffModel['method']),
            'fio’s JSON holds one mean a run: three runs a side are needed.',
          ],
  };
}

function difference(a: Side, b: Side, enough: boolean): Difference {
  const meansOf = (side: Side) => Float64Array.from(side, ({ meanNs }) => meanNs);
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [unitsA, unitsB] = [meansOf(a), meansOf(b)];
  const [aNs, bNs] = [mean(unitsA), mean(unitsB)];
  const tested = enough ? bootstrap([{ a: unitsA, b: unitsB }], ALPHA)[0] : undefined;
  const ns = bNs - aNs;
  const half = tested?.half95 ?? Number.POSITIVE_INFINITY;
  const shown = tested !== undefined && tested.p < ALPHA;
  return {
    aNs,
    bNs,
    ns,
    lowNs: ns - half,
    highNs: ns + half,
    bulk: null,
    slowerChance: null,
    p: tested?.p ?? 1,
    wanderNs: 0,
    clockNs: 0,
    smallestNs: half,
    shown: shown ? (ns > 0 ? 'slower' : 'faster') : 'no',
    by: shown ? 'mean' : null,
    heldBy: shown ? null : 'chance',
  };
}

function sideOf(side: Side): DiffSide {
  return {
    title: side.length === 1 ? side[0].name : `${side.length} runs of fio: ${side[0].name} …`,
    runs: side.map(({ name, requests, meanNs }) => ({ name, requests, meanNs, grade: null })),
    requests: side.reduce((sum, { requests }) => sum + requests, 0),
  };
}

/** Settings that are not one and the same value in all runs of both sides. */
function settingDifferences(a: Side, b: Side): SettingDifference[] {
  const names = [...new Set([...a, ...b].flatMap(({ settings }) => Object.keys(settings)))];
  return names.flatMap((name) => {
    const valuesOf = (side: Side) =>
      [...new Set(side.map(({ settings }) => settings[name] ?? 'not given'))].toSorted();
    const [ofA, ofB] = [valuesOf(a), valuesOf(b)];
    if (ofA.length === 1 && ofB.length === 1 && ofA[0] === ofB[0]) return [];
    return [{ name, a: ofA.join(', '), b: ofB.join(', '), refuses: REFUSES.has(name) }];
  });
}
