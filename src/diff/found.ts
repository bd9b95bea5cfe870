/** What the report of one side has found and that of the other has not: whether what was changed was cured by it. */
import type { SettingDifference } from './diff-model.ts';
import type { RecordedRun } from './recorded-run.ts';

type Runs = readonly Pick<RecordedRun, 'model'>[];

/** Hops between NUMA nodes a request, and findings all runs of a side have of which no run of the other has any. */
export function foundDifferences(a: Runs, b: Runs): SettingDifference[] {
  const [ofA, ofB] = [hopsOf(a), hopsOf(b)];
  const hops = ofA === ofB ? [] : [{ name: 'hops between nodes a request', a: ofA, b: ofB, refuses: false }];
  const only = (own: Runs, other: Runs) =>
    (own[0]?.model.findings ?? []).filter(
      ({ id }) => own.every((run) => hasFinding(run, id)) && !other.some((run) => hasFinding(run, id)),
    );
  return [
    ...hops,
    ...only(a, b).map(({ id, title }) => ({ name: `finding ${id}`, a: title, b: null, refuses: false })),
    ...only(b, a).map(({ id, title }) => ({ name: `finding ${id}`, a: null, b: title, refuses: false })),
  ];
}

const hasFinding = ({ model }: Runs[number], wanted: string) =>
  model.findings.some(({ id }) => id === wanted);

/** Of several runs each value once; null where no run knows. */
function hopsOf(runs: Runs): string | null {
  const known = runs.flatMap(({ model: { numa } }) =>
    numa.hopsPerRequest === null ? [] : [numa.hopsPerRequest.toFixed(2)],
  );
  return known.length === 0 ? null : [...new Set(known)].toSorted().join(', ');
}
