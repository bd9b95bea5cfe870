/**
 * What the report says in words, shared by terminal and Markdown: a model whose strings are already escaped for the
 * output goes in, phrases come out. Own words contain nothing that either output would take as markup.
 */
import type { ReportModel } from '../report/report-model.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRatio,
  formatShare,
  inUnit,
  NONE,
  percentSteps,
  plural,
  stepsInUnit,
} from './format-ns.ts';
import { largestGrowth, largestRow, percentileExists, type StageTable } from './stage-rows.ts';

/** Path, disk and load: what the numbers are about. */
export function aboutParts(model: ReportModel): string[] {
  const { queueDepth, queueDepthMax, direction, requestBytes, others } = model.workload;
  const most = queueDepthMax > queueDepth + 0.05 ? ` (up to ${formatCount(queueDepthMax)})` : '';
  const verb = { read: 'reads', write: 'writes', mixed: 'reads and writes' }[direction];
  const load = requestBytes === null ? `${verb} of mixed sizes` : `${formatBytes(requestBytes)} ${verb}`;
  const depth = Number.isFinite(queueDepth) && queueDepth > 0 ? [`QD ${trimmed(queueDepth)}${most}`] : [];
  const strays = others === 0 ? '' : ` (${formatCount(others)} otherwise)`;
  return [model.path.title, model.path.device, ...depth, `${load}${strays}`];
}

function trimmed(value: number): string {
  return formatRatio(value).replace(/\.00$/, '');
}

/** Everything that says how far the numbers can be trusted, to stand before any of them. */
export function verdictParts(model: ReportModel): string[] {
  const { matched, seen } = model.requests;
  return [
    `${formatCount(matched)} of ${formatCount(seen)} requests followed`,
    lossPart(model),
    clockPart(model.clock),
    closurePart(model),
    overheadPart(model.overhead),
  ];
}

/** Kinds of trouble in a stream in which nothing went missing. */
const NOTHING_LOST: ReadonlySet<string> = new Set(['duplicate', 'out of order', 'CPU clock']);

function lossPart(model: ReportModel): string {
  const losses = model.losses.filter((loss) => !NOTHING_LOST.has(loss.kind));
  const known = losses.reduce((sum, loss) => sum + (loss.count ?? 0), 0);
  const unknown = losses.some((loss) => loss.count === null);
  if (!unknown) return `lost ${plural(known, 'event')}`;
  return known > 0
    ? `lost ${plural(known, 'event')} and an unknown number more`
    : 'lost an unknown number of events';
}

const CLOCK_METHOD = { tsc: 'TSC', 'tsc-pairs': 'TSC by clock pairs', causal: 'by causality' } as const;

function clockPart(clock: ReportModel['clock']): string {
  const failed = clock.ok ? '' : ', check FAILED';
  const rounded = clock.roundingNs > 1 ? `, stamps rounded to ${formatDuration(clock.roundingNs)}` : '';
  if (clock.method === 'one-clock') return `one clock${rounded}${failed}`;
  if (clock.method === 'none') return `clocks of guest and host not related${rounded}${failed}`;
  const bound = clock.uncertaintyNs === null ? 'bound unknown' : `±${formatDuration(clock.uncertaintyNs)}`;
  return `clock ${bound} (${CLOCK_METHOD[clock.method]})${rounded}${failed}`;
}

function closurePart({ groundTruth }: ReportModel): string {
  if (groundTruth === null) return 'not checked against the application';
  const whose = groundTruth.kind === 'fio' ? 'fio’s' : 'the application’s';
  if (groundTruth.otherRequests !== null)
    return `not comparable with ${whose} ${formatDuration(groundTruth.meanNs)}`;
  const traced = `${formatShare(groundTruth.tracedShare, 1)} of it between traced points`;
  const cycle =
    groundTruth.cycle === null
      ? traced
      : `${formatShare(groundTruth.cycle.closure, 1)} of its time from request to request`;
  return `accounts for ${formatShare(groundTruth.closure, 1)} of ${whose} ${formatDuration(groundTruth.meanNs)}, ${cycle}`;
}

function overheadPart(overhead: ReportModel['overhead']): string {
  if (overhead.kind === 'not measured' || overhead.perRequestNs === null)
    return 'tracing overhead not measured';
  const { perRequestNs, openNs, kind } = overhead;
  if (openNs !== null && perRequestNs <= openNs)
    return `tracing adds less than ${formatDuration(Math.max(0, perRequestNs) + openNs)} a request (${kind})`;
  const open = openNs === null ? '' : ` ±${formatDuration(openNs)}`;
  return `tracing adds ${formatDuration(perRequestNs)}${open} a request (${kind})`;
}

/** Why the grade is not A; empty when it is. */
export function gradeReasons({ grade }: ReportModel): string[] {
  return grade.letter === 'A' ? [] : grade.reasons.map((reason) => `${reason.letter}: ${reason.text}`);
}

/** Requests that are not in the numbers, by name, each kind only when there are any. */
export function leftOutLines({ requests }: ReportModel): string[] {
  return [
    byReason('rejected', requests.rejected),
    byReason('quarantined', requests.quarantineReasons, requests.quarantined),
    byReason('outside the recorded span', requests.outsideReasons, requests.outside),
  ].filter((line) => line !== '');
}

/** 'rejected 35: no completion (30), ambiguous (5)'; what the reasons do not explain of `all` is named as such. */
function byReason(label: string, reasons: Readonly<Record<string, number>>, all?: number): string {
  const named = Object.entries(reasons).filter(([, count]) => count !== 0);
  const sum = named.reduce((total, [, count]) => total + count, 0);
  const rest = (all ?? sum) - sum;
  const sorted = named.toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  if (rest > 0) sorted.push(['no reason given', rest]);
  const texts = sorted.map(([reason, count]) =>
    sorted.length === 1 ? reason : `${reason} (${formatCount(count)})`,
  );
  return texts.length === 0 ? '' : `${label} ${formatCount(Math.max(sum, all ?? sum))}: ${texts.join(', ')}`;
}

/** One line per place where events were lost, or came twice or out of order. */
export function lossLines({ losses }: ReportModel): string[] {
  return losses.map(({ source, kind, count, text }) => {
    const number = count === null ? 'unknown number' : formatCount(count);
    return `${source}: ${text === '' ? `${kind}, ${number}` : text}`;
  });
}

/** '1,953 µs a request: 320 µs device, 1,633 µs software (84 %). Largest …'; what could not be told apart is said so. */
export function headline(model: ReportModel, table: StageTable): string {
  return `${splitSentence(model, table)}${largestPhrase(model, table)}`;
}

/** Its first half: device and software of a mean request. */
export function splitSentence(model: ReportModel, table: StageTable): string {
  return `${table.total} ${table.unit.name} a request${splitPhrase(model, table)}.`;
}

/** The same for a heading: '84 % of 1,953 µs is software; back-end wakes (iothread-wakeup), 704 µs, is the largest part.' */
export function verdictLine(model: ReportModel, table: StageTable): string {
  const total = `${table.total} ${table.unit.name}`;
  const split = splitOf(model, table);
  const row = largestRow(table);
  const largest =
    row === undefined
      ? ''
      : `; ${named(row.stage)}, ${row.stage.bounded ? row.mean : row.perRequest} ${table.unit.name}, is the largest ${row.stage.side === 'device' ? 'stage' : 'part of it'}`;
  if (split === undefined) return `${total} a request, software and device not told apart${largest}.`;
  return `${split.merged ? 'At least ' : ''}${split.share} of ${total} is software${largest}.`;
}

/** Device and software of a mean request, as texts in the table's unit and rounding. */
interface Split {
  readonly device: string;
  readonly software: string;
  readonly share: string;
  /** The device's part holds software that cannot be told apart. */
  readonly merged: boolean;
}

/** Undefined when no stage holds the device. */
function splitOf({ software, total }: ReportModel, table: StageTable): Split | undefined {
  const merged = software.deviceIsMerged || software.meanNs === null || software.share === null;
  const restNs = merged ? total.meanNs - software.deviceNs : (software.meanNs ?? Number.NaN);
  const restShare = merged ? restNs / total.meanNs : (software.share ?? Number.NaN);
  const side = table.sides.find((group) => group.side === 'device');
  if (side === undefined) return undefined;
  // The table's own rounding where it shows the same split, so that headline and table agree to the last digit.
  const same = table.addsUp && Math.abs(side.sumNs + restNs - total.meanNs) <= 1;
  return {
    device: same ? side.sum : inUnit(table.unit, software.deviceNs),
    software: same
      ? stepsInUnit(table.unit, table.totalSteps - side.steps, restNs)
      : inUnit(table.unit, restNs),
    share: same ? percentSteps(100 - side.sharePercent, restShare) : formatShare(restShare),
    merged,
  };
}

function splitPhrase(model: ReportModel, table: StageTable): string {
  const unit = table.unit.name;
  const split = splitOf(model, table);
  if (split === undefined) return ': no stage holds the device, so its part and the software’s are not known';
  const { device, software, share } = split;
  return split.merged
    ? `: ${device} ${unit} device merged with software that cannot be told apart, ${software} ${unit} other software (at least ${share})`
    : `: ${device} ${unit} device, ${software} ${unit} software (${share})`;
}

function largestPhrase({ software }: ReportModel, table: StageTable): string {
  const row = largestRow(table);
  if (row === undefined || row.stage.side === 'device') return '';
  const merged = software.deviceIsMerged || software.meanNs === null;
  const time = row.stage.bounded ? row.mean : row.perRequest;
  return ` Largest ${merged ? 'other' : 'software'} stage: ${named(row.stage)}, ${time} ${table.unit.name}.`;
}

/** 'back-end wakes (iothread-wakeup)': titles are plain but not unique, ids are. */
function named({ title, id }: { readonly title: string; readonly id: string }): string {
  return title === id || title === '' ? id : `${title} (${id})`;
}

/** A warning to stand before everything else when the critical stages are not the total; '' when they are. */
export function contradiction(table: StageTable): string {
  const sum = `${inUnit(table.unit, table.sumNs)} ${table.unit.name}`;
  return table.addsUp
    ? ''
    : `THE STAGES DO NOT ADD UP: they sum to ${sum}, not to the total of ${table.total}.`;
}

/** The distribution of the total, in the table's unit, with what it is good for. */
export function totalParts(model: ReportModel, table: StageTable): string[] {
  const { total, requests, workload } = model;
  const text = (ns: number) => inUnit(table.unit, ns);
  const percentile = (name: string, fraction: number, ns: number) =>
    `${name} ${percentileExists(requests.matched, fraction) ? text(ns) : NONE}`;
  return [
    `min ${text(total.minNs)}`,
    `p50 ${text(total.p50Ns)}`,
    percentile('p90', 0.9, total.p90Ns),
    percentile('p99', 0.99, total.p99Ns),
    percentile('p99.9', 0.999, total.p999Ns),
    `max ${text(total.maxNs)} ${table.unit.name}`,
    `mean within ${text(total.ciLowNs)} to ${text(total.ciHighNs)} (95 %)`,
    `${formatCount(workload.iops)} IOPS`,
  ];
}

/** What the slow requests spend their extra time on; '' when the bands do not say. */
export function slowSentence({ bands, stages }: ReportModel, table: StageTable): string {
  const growth = largestGrowth(bands.typical, bands.slow);
  const more = bands.slow.meanNs - bands.typical.meanNs;
  if (growth === undefined || !(more > 0)) return '';
  const stage = stages.find((each) => each.id === growth.id) ?? { id: growth.id, title: '' };
  const text = (ns: number) => `${inUnit(table.unit, ns)} ${table.unit.name}`;
  return `Slow requests take ${text(more)} more than typical ones, ${text(growth.ns)} of it in ${named(stage)}.`;
}

/** Which requests the bars 'typical' and 'slow' are made of. */
export function bandSentence({ bands }: ReportModel, table: StageTable): string {
  const text = (ns: number) => inUnit(table.unit, ns);
  const band = (name: string, { n, fromNs, toNs }: ReportModel['bands']['slow']) =>
    n === 0
      ? `${name}: no request`
      : `${name}: ${plural(n, 'request')} of ${text(fromNs)} to ${text(toNs)} ${table.unit.name}`;
  return `${band('typical, p45 to p55', bands.typical)}; ${band('slow, around p99', bands.slow)}.`;
}
