/** Several recordings side by side: what each path adds to bare metal. Enters: their reports. Leaves: one small table. */
import type { Grade, ReportModel } from './report-model.ts';

/** One recording in the comparison. Times are means, ns a request. */
export interface ComparedPath {
  readonly title: string;
  readonly path: string;
  readonly pathTitle: string;
  readonly grade: Grade;
  readonly requests: number;
  readonly meanNs: number;
  readonly submitNs: number;
  /** Null: no stage is known to be the device's alone. */
  readonly deviceNs: number | null;
  readonly completeNs: number;
  /** Mean less the baseline's mean; null for the baseline. */
  readonly overhead: {
    readonly ns: number;
    /** 95 % interval of the difference of the two means: ns ± this; null when one mean has no interval. */
    readonly openNs: number | null;
    /** Of the baseline's mean: 0.5 is half as long again. */
    readonly share: number;
  } | null;
}

/** Comparison schema 1. */
export interface PathComparison {
  readonly comparison: 1;
  /** Index into `paths`. */
  readonly baseline: number;
  readonly paths: readonly ComparedPath[];
  /** Why the differences may not be the paths': sentences. */
  readonly doubts: readonly string[];
}

/** Lays reports side by side; undefined with fewer than two that have a request. */
export function comparePaths(reports: readonly ReportModel[]): PathComparison | undefined {
  const usable = reports.filter(({ requests }) => requests.matched > 0);
  if (usable.length < 2) return undefined;
  const bare = usable.findIndex(({ path }) => path.name.startsWith('bare-metal'));
  const baseline = Math.max(0, bare);
  const base = usable[baseline]!;
  return {
    comparison: 1,
    baseline,
    paths: usable.map((report, index) => comparedPath(report, index === baseline ? undefined : base)),
    doubts: [
      ...(bare === -1 ? ['none of these is bare metal: compared with the first'] : []),
      ...(usable.length < reports.length ? ['recordings without a followed request are left out'] : []),
      ...loadDoubts(usable),
      ...gradeDoubts(usable),
      ...usable.flatMap((report) => deviceDoubt(report, base)),
    ],
  };
}

function comparedPath(report: ReportModel, base: ReportModel | undefined): ComparedPath {
  const { software, total } = report;
  const known = software.deviceNs > 0 && !software.deviceIsMerged;
  return {
    title: report.recording.title,
    path: report.path.name,
    pathTitle: report.path.title,
    grade: report.grade.letter,
    requests: report.requests.matched,
    meanNs: total.meanNs,
    submitNs: software.submitNs,
    deviceNs: known ? software.deviceNs : null,
    completeNs: software.completeNs,
    overhead: base === undefined ? null : overheadOf(total, base.total),
  };
}

function overheadOf(total: ReportModel['total'], base: ReportModel['total']): ComparedPath['overhead'] {
  const half = ({ ciLowNs, ciHighNs }: ReportModel['total']) => (ciHighNs - ciLowNs) / 2;
  const open = Math.hypot(half(total), half(base));
  const ns = total.meanNs - base.meanNs;
  return { ns, openNs: Number.isFinite(open) ? open : null, share: ns / base.meanNs };
}

function loadDoubts(reports: readonly ReportModel[]): string[] {
  const differ = (of: (report: ReportModel) => unknown) => new Set(reports.map(of)).size > 1;
  return [
    ...(differ(({ workload }) => workload.requestBytes) ? ['the sizes of the requests differ'] : []),
    ...(differ(({ workload }) => workload.direction) ? ['reads are compared with writes'] : []),
    ...(differ(({ workload }) => Math.round(workload.queueDepth)) ? ['the queue depths differ'] : []),
    ...(differ(spanOf) ? [`they are measured between different points: ${spans(reports)}`] : []),
  ];
}

/** What a request's time spans: with an application's own log it begins in user space, else at the system call. */
function spanOf({ stages }: ReportModel): string {
  const critical = stages.filter((stage) => stage.critical);
  return `${critical[0]?.from ?? '–'} → ${critical.at(-1)?.to ?? '–'}`;
}

function spans(reports: readonly ReportModel[]): string {
  const numbered = reports.map((report, at) => ({ span: spanOf(report), at: at + 1 }));
  return [...new Set(numbered.map(({ span }) => span))]
    .map((span) => {
      const own = numbered.filter((each) => each.span === span).map(({ at }) => at);
      return `${span} (${own.length === 1 ? 'path' : 'paths'} ${own.join(', ')})`;
    })
    .join('; ');
}

function gradeDoubts(reports: readonly ReportModel[]): string[] {
  const poor = reports.filter(({ grade }) => grade.letter > 'C').length;
  return poor === 0 ? [] : [`${poor} of ${reports.length} recordings are graded below C`];
}

/** Device stages that differ by more than this are not one drive under one load. */
const SAME_DEVICE = 0.25;

function deviceDoubt(report: ReportModel, base: ReportModel): string[] {
  const [own, other] = [report.software, base.software];
  if (report === base || own.deviceIsMerged || other.deviceIsMerged) return [];
  if (!(own.deviceNs > 0) || !(other.deviceNs > 0)) return [];
  const change = own.deviceNs / other.deviceNs - 1;
  if (Math.abs(change) < SAME_DEVICE) return [];
  return [
    `the device stage of ${report.path.title} takes ${change > 0 ? '+' : '−'}${Math.round(Math.abs(change) * 100)} % against the baseline’s: not all of the difference is the path’s`,
  ];
}
