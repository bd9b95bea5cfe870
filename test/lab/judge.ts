/**
 * Holds a recording against what the reader measured itself. The bundle is analysed twice: as iotrace left it, where each
 * followed request has to lie within the reader's own times of that request; and with the reader's log as ground truth.
 */
import { readFile } from 'node:fs/promises';
import { tickRate } from '../../src/clocks/ticks.ts';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { readTruth } from '../../src/commands/read-truth.ts';
import { messageOf } from '../../src/errors.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import type { GroundTruth, Recording } from '../../src/trace/recording.ts';
import { clockTruth } from './clock-truth.ts';
import type { Expectation, Run } from './configuration.ts';
import type { Evidence } from './evidence.ts';
import { leastMatched, requestChecks } from './judge-requests.ts';

/** One thing that has to hold, and how it came out. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Figures, as a sentence. */
  readonly text: string;
}

export interface Judgement {
  readonly checks: readonly Check[];
  /** What the table of results shows; undefined where there is no report. */
  readonly figures: Figures | undefined;
}

export interface Figures {
  readonly path: string;
  readonly requests: number;
  readonly matchedShare: number;
  readonly closure: number | undefined;
  readonly tracedShare: number | undefined;
  readonly variants: string;
  readonly clock: string;
  readonly lost: number;
  readonly grade: string;
}

/** Judges one recording. What cannot be read is a check that failed. */
export async function judge(run: Run, evidence: Evidence): Promise<Judgement> {
  try {
    return await judgeBundle(run, evidence);
  } catch (error) {
    return { checks: [failed('the bundle can be read', messageOf(error))], figures: undefined };
  }
}

async function judgeBundle(run: Run, evidence: Evidence): Promise<Judgement> {
  const printed: Check = {
    name: 'record succeeds',
    ok: evidence.exitCode === 0 && evidence.bundle !== undefined,
    text: `exit status ${evidence.exitCode}`,
  };
  const clean: Check = {
    name: 'nothing is left',
    ok: evidence.left.length === 0,
    text: evidence.left.join(', ') || 'no probe, instance, event or program',
  };
  if (evidence.bundle === undefined || (evidence.log === undefined && run.engine !== 'fio'))
    return { checks: [{ ...printed, text: evidence.said.slice(-1500) }, clean], figures: undefined };
  const opened = await openRecording(evidence.bundle, undefined, () => {});
  const truth =
    evidence.log === undefined
      ? opened.recording.groundTruth
      : readTruth('reader', await readFile(evidence.log)).truth;
  if (truth === undefined || (truth.log === undefined && run.engine !== 'fio'))
    return {
      checks: [printed, clean, failed('reader', 'what it measured cannot be read')],
      figures: undefined,
    };
  const how = { version: 'lab', title: 'lab, an emulated host', path: undefined };
  const alone = { ...opened.recording, groundTruth: undefined };
  const followed = followRecording(alone, how);
  if ('failure' in followed)
    return { checks: [printed, clean, failed('analysis', followed.failure)], figures: undefined };
  const model = reportOf(alone, followed, how);
  // Without access to the guest the reader's times are of a machine that was not recorded: nothing to close over.
  const closing = run.guestAccess ? withTruth({ ...alone, groundTruth: truth }) : undefined;
  const closure = closing && closureOf(closing, alone, truth);
  return {
    checks: [
      printed,
      clean,
      ...pathChecks(run.expect, model),
      ...requestChecks(run, alone, followed, model, truth),
      ...(closing === undefined ? [] : [closureCheck(run, closing, closure, truth)]),
      deliveryCheck(alone, model),
      ...(evidence.clocks.tscOffset === undefined || !run.guestAccess
        ? []
        : [clockTruth(model, alone.facts, truth, evidence.clocks)]),
      ...findingChecks(run.expect, model),
    ],
    figures: figuresOf(model, closing, closure, truth),
  };
}

const failed = (name: string, text: string): Check => ({ name, ok: false, text });
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function withTruth(recording: Recording): ReportModel | undefined {
  const how = { version: 'lab', title: 'lab, an emulated host', path: undefined };
  const followed = followRecording(recording, how);
  return 'failure' in followed ? undefined : reportOf(recording, followed, how);
}

function pathChecks({ path, variant }: Expectation, model: ReportModel): Check[] {
  const checks: Check[] = [{ name: 'path', ok: model.path.name === path, text: model.path.name }];
  if (variant === undefined) return checks;
  const held = model.variants.filter(({ name }) => name.includes(variant.holds));
  const share = held.reduce((sum, { n }) => sum + n, 0) / Math.max(1, model.requests.matched);
  return [
    ...checks,
    {
      name: 'variant',
      ok: share >= variant.share,
      text: `${percent(share)} of the requests ${variant.holds}`,
    },
  ];
}

/**
 * Sums against the reader's own time, by the clock the recording has: on a busy machine the reader can be stopped between
 * reading the clock and reading the counter, and the two spans then differ by more than all that is judged here.
 */
function closureOf(model: ReportModel, { sources }: Recording, truth: GroundTruth): number | undefined {
  const found = model.groundTruth;
  if (found === null) return undefined;
  const { log } = truth;
  const isTicks = sources.find(({ machine }) => machine === 'guest')?.unit === 'ticks';
  const nsPerTick = tickRate(log, {})?.nsPerTick;
  if (log === undefined || !isTicks || nsPerTick === undefined) return found.closure;
  const ticks = log.endTsc.reduce((sum, end, index) => sum + end - log.startTsc[index]!, 0);
  return (found.closure * truth.meanNs) / ((ticks * nsPerTick) / log.endTsc.length);
}

/** fio's own code lies between its clock and its system call: some 25 µs of 560 on an emulated host. */
const FIO_CLOSES = 0.9;

function closureCheck(run: Run, model: ReportModel, closure: number | undefined, truth: GroundTruth): Check {
  const found = model.groundTruth;
  if (found === null || closure === undefined) return failed('closure', 'the report has none');
  const isClosed = closure >= (run.engine === 'fio' ? FIO_CLOSES : 0.98) && closure <= 1.02;
  const known = found.matched / truth.requests;
  return {
    name: 'closure',
    ok: isClosed && known >= leastMatched(run.depth),
    text: `${percent(closure)} of the reader’s ${Math.round(found.meanNs / 1000)} µs over ${found.matched} requests, ${percent(found.tracedShare)} of it between traced points`,
  };
}

/** What fired was delivered, or the loss is in the report. */
function deliveryCheck({ sources }: Recording, model: ReportModel): Check {
  const silent = sources.filter(({ name, claimed, overwritten, records }) => {
    const isShort = (claimed !== undefined && records < claimed) || (overwritten ?? 0) > 0;
    return isShort && !model.losses.some(({ source }) => source.includes(name));
  });
  const lost = model.losses.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const counted = sources.filter(({ claimed }) => claimed !== undefined).length;
  return {
    name: 'fired is delivered or reported lost',
    ok: silent.length === 0,
    text:
      silent.length > 0
        ? `not reported: ${silent.map(({ name }) => name).join(', ')}`
        : `${counted} of ${sources.length} streams counted by their tracer, ${lost} events reported lost`,
  };
}

function findingChecks({ findings = [], noFindings = [] }: Expectation, model: ReportModel): Check[] {
  const found = new Set(model.findings.map(({ id }) => id));
  return [
    ...findings.map((id) => ({
      name: `finding ${id}`,
      ok: found.has(id),
      text: [...found].join(', ') || 'none',
    })),
    ...noFindings.map((id) => ({
      name: `no finding ${id}`,
      ok: !found.has(id),
      text: [...found].join(', ') || 'none',
    })),
  ];
}

function figuresOf(
  model: ReportModel,
  closing: ReportModel | undefined,
  closure: number | undefined,
  truth: GroundTruth,
): Figures {
  const { clock } = model;
  const uncertainty = clock.uncertaintyNs === null ? '' : ` ±${(clock.uncertaintyNs / 1000).toFixed(1)} µs`;
  return {
    path: model.path.name,
    requests: truth.requests,
    matchedShare: model.requests.matched / truth.requests,
    closure,
    tracedShare: closing?.groundTruth?.tracedShare,
    variants: model.variants.map(({ name, n }) => `${n} ${name}`).join('; '),
    clock: `${clock.method}${uncertainty}`,
    lost: model.losses.reduce((sum, { count }) => sum + (count ?? 0), 0),
    grade: model.grade.letter,
  };
}
