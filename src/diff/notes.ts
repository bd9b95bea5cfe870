import type { DiffModel } from './diff-model.ts';
import type { RecordedRun } from './recorded-run.ts';

/** What limits the comparison of recordings, as sentences. */
export function recordingNotes(
  { method, stages }: Pick<DiffModel, 'method' | 'stages'>,
  a: readonly RecordedRun[],
  b: readonly RecordedRun[],
): string[] {
  const poor = [...a, ...b].filter(({ model }) => model.grade.letter > 'C');
  const merged = stages.filter(
    ({ ofA, ofB }) => ofA.length !== ofB.length && ofA.length > 0 && ofB.length > 0,
  );
  return [
    ...unitNotes(method),
    ...(poor.length === 0
      ? []
      : [
          `${poor.length} of ${a.length + b.length} recordings are graded below C: their figures are doubtful.`,
        ]),
    ...(merged.length === 0
      ? []
      : [
          `${merged.length === 1 ? 'One stage is' : `${merged.length} stages are`} kept apart on one side only and added up here: ${merged.map(({ id }) => id).join(', ')}.`,
        ]),
    ...standInNotes(a, b),
  ];
}

/** Points that one event stamps on one side, and another on the other. */
function standInNotes(a: readonly RecordedRun[], b: readonly RecordedRun[]): string[] {
  const eventsOf = (runs: readonly RecordedRun[], point: string, own: string) => [
    ...new Set(runs.map(({ model }) => model.standIns.find((each) => each.point === point)?.event ?? own)),
  ];
  const all = [...a, ...b].flatMap(({ model }) => model.standIns);
  const points = new Map(all.map(({ point, instead }) => [point, instead]));
  return [...points].flatMap(([point, own]) => {
    const [ofA, ofB] = [a, b].map((runs) => eventsOf(runs, point, own).join(' and '));
    return ofA === ofB ? [] : [`${point} is another moment on either side: A has ${ofA}, B has ${ofB}.`];
  });
}

/** What the units can tell, and what not. */
export function unitNotes({ unit, paired }: DiffModel['method']): string[] {
  if (paired)
    return [
      'Both hold the same requests, and their times go together: one run seen twice. They are compared one by one.',
    ];
  switch (unit) {
    case 'runs':
      return [];
    case 'blocks':
      return [
        'How much runs of one configuration differ cannot be seen in fewer than three runs a side: a difference may be one of the runs, not of what was changed. Recording three of each settles it.',
      ];
    case 'none':
      return ['There are too few requests or runs to tell a difference from chance.'];
  }
}
