/** What is wrong with the report of a damaged recording, held against what was drawn or against the report of the whole one. */
import { IotraceError } from '../../src/errors.ts';
import type { PointId } from '../../src/paths/points.ts';
import { isBelow } from '../../src/report/grade.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import { holdAgainstTruth } from '../generate/hold-against-truth.ts';
import { randomFrom } from '../support/damage.ts';
import {
  type Allowed,
  type Survivor,
  type Survivors,
  survivorsOf,
  wrongSurvivors,
} from '../support/survivors.ts';
import type { Fault, Injected } from './fault.ts';
import { type Analyzed, analyzeTexts, type Subject } from './subjects.ts';

/** In the drawings a read begins 200 ns before what it calls, in the mean, and hardly ever so long. */
const STAND_IN_NS = 2000;

export interface Whole extends Subject {
  readonly survivors: Survivors;
  readonly report: ReportModel;
}

/** A subject with what its undamaged recording gives. */
export async function wholeOf(subject: Subject): Promise<Whole> {
  const whole = await analyzeTexts(subject.texts, subject.facts);
  if ('failure' in whole) throw new Error(`${subject.name}: ${whole.failure}`);
  return { ...subject, survivors: survivorsOf(whole.followed.correlated), report: whole.report };
}

/** What a report says of the clocks of single CPUs: how far each stage may be off, and whose order it cannot tell. */
function saidOfCpus({ stages, clock }: ReportModel, movedNs: number): Allowed {
  return {
    cpuClocksNs: ({ id }) => stages.find((stage) => stage.id === id)!.cpuClocksNs ?? Number.POSITIVE_INFINITY,
    orderUnknown: clock.cpus.some(({ provenNs }) => provenNs === null || movedNs <= provenNs),
  };
}

/** What it says of a CPU whose clock is set while requests are in flight: a stage that it alone stamps may be off as well. */
function saidOfSteps({ clock }: ReportModel, movedNs: number): Allowed {
  const isUnproven = clock.cpus.some(({ provenNs }) => provenNs === null || movedNs <= provenNs);
  return isUnproven ? { cpuClocksNs: () => movedNs } : {};
}

/** Each stage within a machine is as long as it was drawn. */
function isAsDrawn({ truth, options }: NonNullable<Whole['drawn']>, { sector, stages }: Survivor): boolean {
  const passed = truth.find((request) => request.sector === sector)?.passed;
  const roundingNs = options.prints === 'mono' ? 1000 : 0;
  return stages.every(({ from, to, ns, cross }) => {
    const drawnNs = (passed?.get(to as PointId) ?? Number.NaN) - (passed?.get(from as PointId) ?? Number.NaN);
    return cross || Math.abs(ns - drawnNs) <= roundingNs + 1;
  });
}

/**
 * Drawn requests are held against what was drawn; where stamps were moved, and in real recordings, against the undamaged run,
 * within the bounds that the report states for its clocks.
 */
function wrongRequests(whole: Whole, injected: Injected, { followed, report }: Analyzed): string[] {
  if (whole.drawn !== undefined && injected.movedNs === undefined)
    return [...holdAgainstTruth(whole.drawn, followed, STAND_IN_NS).wrong];
  const { intervalNs, uncertaintyNs, mostStepNs } = report.clock;
  const { movedNs, ofOneCpu, steps } = injected;
  const bounds = [...(intervalNs ?? []).map(Math.abs), uncertaintyNs ?? Number.POSITIVE_INFINITY];
  if (steps === true && ofOneCpu !== true) bounds.push(mostStepNs ?? Number.POSITIVE_INFINITY);
  const allowed =
    movedNs === undefined
      ? injected
      : // What the report says it cannot rule out it may not see; what exceeds that has to be found.
        {
          movedNs,
          shorter: movedNs <= Math.max(...bounds),
          totalNs: movedNs,
          isAsDrawn: (survivor: Survivor) => whole.drawn !== undefined && isAsDrawn(whole.drawn, survivor),
          ...(ofOneCpu === true ? saidOfCpus(report, movedNs) : {}),
        };
  const survivors = survivorsOf(followed.correlated);
  const wrong = wrongSurvivors(whole.survivors, survivors, allowed);
  const isOfThoseInFlight =
    steps === true && ofOneCpu === true && wrong.length <= report.workload.queueDepthMax;
  const left = isOfThoseInFlight
    ? wrongSurvivors(whole.survivors, survivors, { ...allowed, ...saidOfSteps(report, movedNs!) })
    : wrong;
  return left.map(({ request, why }) => `${request}: ${why}`);
}

/** What is wrong with the report of a damaged recording. */
function wrongOf(whole: Whole, injected: Injected, { followed, report }: Analyzed): string[] {
  const wrong: string[] = [];
  const counts = ['missing', 'lost', 'overwritten', 'duplicate'] as const;
  for (const kind of counts) {
    const expected = injected[kind === 'duplicate' ? 'duplicates' : kind];
    if (expected === undefined) continue;
    for (const [machine, count] of Object.entries(expected)) {
      const said = report.losses
        .filter((loss) => loss.kind === kind && loss.source.startsWith(machine))
        .reduce((sum, loss) => sum + (loss.count ?? 0), 0);
      if (said !== count) wrong.push(`${said} instead of ${count} ${kind} on the ${machine}`);
    }
  }
  const before = whole.report.grade.letter;
  if (
    injected.shows &&
    (report.grade.letter === 'A' || (before < 'C' && !isBelow(report.grade.letter, before)))
  )
    wrong.push(`grade ${report.grade.letter}`);
  if (report.clock.method === 'none') {
    if (report.grade.letter !== 'F') wrong.push(`clocks not related, grade ${report.grade.letter}`);
    return wrong;
  }
  wrong.push(...wrongRequests(whole, injected, { followed, report }).slice(0, 2));
  return wrong;
}

/** Undefined where the recording cannot be damaged so; a refusal with a reason is as good as a report without a wrong number. */
export async function judge(whole: Whole, fault: Fault, seed: number): Promise<string[] | undefined> {
  const injected = fault.inject(whole.texts, randomFrom(seed));
  if (injected === undefined) return undefined;
  try {
    const damaged = await analyzeTexts(injected.texts, whole.facts);
    return 'failure' in damaged ? [] : wrongOf(whole, injected, damaged);
  } catch (error) {
    if (error instanceof IotraceError) return [];
    return [`threw ${String(error)}`];
  }
}
