/** What is wrong with the report of a damaged recording, held against what was drawn or against the report of the whole one. */
import { IotraceError } from '../../src/errors.ts';
import type { PointId } from '../../src/paths/points.ts';
import { isBelow } from '../../src/report/grade.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import { holdAgainstTruth } from '../generate/hold-against-truth.ts';
import { randomFrom } from '../support/damage.ts';
import {
  type Allowed,
  type FoundStage,
  type Survivor,
  type Survivors,
  survivorsOf,
  wrongSurvivors,
} from '../support/survivors.ts';
import type { Fault, Injected } from './fault.ts';
import { type Analyzed, analyzeTexts, type Subject } from './subjects.ts';

/** In the drawings a read begins 200 ns before what it calls, in the mean, and hardly ever so long. */
const STAND_IN_NS = 1000;

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

/** What is wrong with a report. */
export interface Judged {
  /** It does not say so. */
  readonly quietly: readonly string[];
  /** Of requests, within what it says that it cannot rule out of a clock that is set meanwhile, or of CPUs above queue depth 1. */
  readonly said: readonly string[];
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
 * within the bounds that the report states for its clocks: first as if they ran on and each event had found its request, then with
 * all that it says.
 */
function judgeRequests(whole: Whole, injected: Injected, { followed, report }: Analyzed): Judged {
  const { movedNs } = injected;
  if (whole.drawn !== undefined && movedNs === undefined)
    return { quietly: holdAgainstTruth(whole.drawn, followed, STAND_IN_NS).wrong, said: [] };
  const survivors = survivorsOf(followed.correlated);
  const wrongBy = (allowed: Allowed) =>
    wrongSurvivors(whole.survivors, survivors, allowed).map(({ request, why }) => `${request}: ${why}`);
  if (movedNs === undefined) return { quietly: wrongBy(injected), said: [] };
  const strictly = wrongBy(strictlyAllowed(whole, injected, report, movedNs));
  if (strictly.length === 0) return NOTHING;
  const quietly = wrongBy(allAllowed(whole, injected, report, movedNs, strictly.length));
  return quietly.length > 0 ? { quietly, said: [] } : { quietly, said: strictly };
}

/** Nothing is wrong. */
export const NOTHING: Judged = { quietly: [], said: [] };

/** What the report says it cannot rule out it may not see; what exceeds that has to be found. */
function strictlyAllowed(whole: Whole, { ofOneCpu }: Injected, report: ReportModel, movedNs: number) {
  const { intervalNs, uncertaintyNs } = report.clock;
  const bounds = [...(intervalNs ?? []).map(Math.abs), uncertaintyNs ?? Number.POSITIVE_INFINITY];
  const ofCpus = ofOneCpu === true ? saidOfCpus(report, movedNs) : {};
  return {
    movedNs,
    shorter: movedNs <= Math.max(...bounds),
    totalNs: movedNs,
    isAsDrawn: (survivor: Survivor) => whole.drawn !== undefined && isAsDrawn(whole.drawn, survivor),
    ...ofCpus,
    cpuClocksNs: (stage: FoundStage) => (stage.oneCpu ? 0 : (ofCpus.cpuClocksNs?.(stage) ?? 0)),
  };
}

/** The same with what it says of steps, and of which request an event belongs to. `wrong`: so many requests differ without. */
function allAllowed(whole: Whole, injected: Injected, report: ReportModel, movedNs: number, wrong: number) {
  const { steps, ofOneCpu } = injected;
  const strict = strictlyAllowed(whole, injected, report, movedNs);
  if (ofOneCpu !== true) {
    const isUnseen = steps === true && movedNs <= (report.clock.mostStepNs ?? Number.POSITIVE_INFINITY);
    return { ...strict, shorter: strict.shorter || isUnseen };
  }
  // A step is in no more requests than were in flight then.
  const ofSteps =
    steps === true && wrong <= report.workload.queueDepthMax ? saidOfSteps(report, movedNs) : {};
  return { ...strict, ...saidOfCpus(report, movedNs), ...ofSteps };
}

/** What is wrong with the report of a damaged recording. */
function judgeReport(whole: Whole, injected: Injected, { followed, report }: Analyzed): Judged {
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
    return { quietly: wrong, said: [] };
  }
  const { quietly, said } = judgeRequests(whole, injected, { followed, report });
  return { quietly: [...wrong, ...quietly.slice(0, 2)], said };
}

/** Undefined where the recording cannot be damaged so; a refusal with a reason is as good as a report without a wrong number. */
export async function judge(whole: Whole, fault: Fault, seed: number): Promise<Judged | undefined> {
  const injected = fault.inject(whole.texts, randomFrom(seed));
  if (injected === undefined) return undefined;
  try {
    const damaged = await analyzeTexts(injected.texts, whole.facts);
    return 'failure' in damaged ? NOTHING : judgeReport(whole, injected, damaged);
  } catch (error) {
    if (error instanceof IotraceError) return NOTHING;
    return { quietly: [`threw ${String(error)}`], said: [] };
  }
}
