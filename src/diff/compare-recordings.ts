/** Two sides of followed recordings → one DiffModel. */
import type { Stage } from '../report/report-model.ts';
import { RESAMPLES, SEED } from './bootstrap.ts';
import { type CommonStage, commonStages } from './common-stages.ts';
import type { DiffModel, DiffSide, StageDifference } from './diff-model.ts';
import { differences, type Question, unitsOf } from './differences.ts';
import { foundDifferences } from './found.ts';
import { recordingNotes } from './notes.ts';
import type { RecordedRun } from './recorded-run.ts';
import type { RequestTimes } from './request-times.ts';
import { sameRequests } from './same-requests.ts';
import { matterDifferences, settingDifferences } from './settings.ts';

type Side = readonly [RecordedRun, ...RecordedRun[]];

export function compareRecordings(a: Side, b: Side, version: string): DiffModel {
  const stages = commonStages(stageIds(a), stageIds(b));
  const same = a.length === 1 && b.length === 1 && sameRequests(a[0].times, b[0].times);
  const units = unitsOf(a.map(requestsOf), b.map(requestsOf), same);
  const questions = [
    { a: a.map(({ times }) => times.total), b: b.map(({ times }) => times.total), clockNs: 0 },
    ...stages.map((stage) => questionOf(stage, a, b)),
  ];
  const [total, ...rest] = differences(questions, units);
  const model = {
    diff: 1,
    tool: { name: 'iotrace', version },
    kind: 'recordings',
    a: sideOf(a),
    b: sideOf(b),
    method: { ...units, resamples: RESAMPLES, seed: SEED, questions: 2 * questions.length },
    total: total!,
    stages: stages.map((stage, at) => ({ ...nameOf(stage, a, b), ...rest[at]! })),
    matters: matterDifferences(a, b),
    found: foundDifferences(a, b),
    settings: settingDifferences(a, b),
  } as const;
  return { ...model, notes: recordingNotes(model, a, b) };
}

const requestsOf = ({ times }: RecordedRun) => times.total.length;

/** Stages of all runs of a side, in the order of the request's way. */
function stageIds(side: Side): string[] {
  const ids: string[] = [];
  for (const { model } of side) {
    const own = model.stages.filter(({ critical }) => critical).map(({ id }) => id);
    own.forEach((id, at) => {
      if (ids.includes(id)) return;
      const before = own.slice(0, at).findLast((other) => ids.includes(other));
      ids.splice(before === undefined ? 0 : ids.indexOf(before) + 1, 0, id);
    });
  }
  return ids;
}

function questionOf(stage: CommonStage, a: Side, b: Side): Question {
  const open = (side: Side, ids: readonly string[]) =>
    Math.max(0, ...side.flatMap((run) => stagesOf(run, ids).map(({ uncertaintyNs }) => uncertaintyNs)));
  return {
    a: a.map(({ times }) => columnOf(times, stage.a)),
    b: b.map(({ times }) => columnOf(times, stage.b)),
    clockNs: open(a, stage.a) + open(b, stage.b),
  };
}

function stagesOf({ model }: RecordedRun, ids: readonly string[]): Stage[] {
  return model.stages.filter(({ id, critical }) => critical && ids.includes(id));
}

/** The sum of several stages, request by request. */
function columnOf({ stages, total }: RequestTimes, ids: readonly string[]): Int32Array {
  const sum = new Int32Array(total.length);
  for (const id of ids)
    stages.get(id)?.forEach((ns, at) => {
      sum[at]! += ns;
    });
  return sum;
}

function sideOf(side: Side): DiffSide {
  const titles = new Set(side.map(({ model }) => model.recording.title || model.path.title));
  return {
    title: titles.size === 1 ? [...titles][0]! : `${side.length} runs: ${[...titles][0]!} …`,
    runs: side.map(({ name, model }) => ({
      name,
      requests: model.requests.matched,
      meanNs: model.total.meanNs,
      grade: model.grade.letter,
    })),
    requests: side.reduce((sum, run) => sum + requestsOf(run), 0),
  };
}

function nameOf(
  stage: CommonStage,
  a: Side,
  b: Side,
): Pick<StageDifference, 'id' | 'title' | 'side' | 'ofA' | 'ofB'> {
  const members = [
    ...a.flatMap((run) => stagesOf(run, stage.a)),
    ...b.flatMap((run) => stagesOf(run, stage.b)),
  ];
  const named = members.find(({ id }) => id === stage.id);
  return {
    id: stage.id,
    title: named?.title ?? [...new Set(members.map(({ title }) => title))].join(', '),
    side: (named ?? members[0])?.side ?? 'submit',
    ofA: stage.a,
    ofB: stage.b,
  };
}
