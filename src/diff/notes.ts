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
  ];
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
