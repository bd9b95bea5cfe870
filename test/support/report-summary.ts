import type { ReportModel } from '../../src/report/report-model.ts';

/**
 * The shape of a report as text for reviewers: path, counts, stages, variants, grade. Times are means in whole µs: what moves one
 * of them by a microsecond deserves a look, what moves it by less does not.
 */
export function summary(report: ReportModel): string {
  const { path, requests, clock, groundTruth, grade } = report;
  const counted = (reasons: Readonly<Record<string, number>>) =>
    Object.entries(reasons).map(([reason, count]) => `  ${count} ${reason}`);
  return `${[
    `${report.recording.title}`,
    `path ${path.name}, ${path.chosen}, ${path.device}`,
    ...path.evidence.map((text) => `  ${text}`),
    `requests ${requests.matched} matched of ${requests.seen} seen, ${requests.outside} outside, ${requests.quarantined} quarantined`,
    ...counted(requests.outsideReasons),
    ...counted(requests.quarantineReasons),
    ...counted(requests.rejected),
    `grade ${grade.letter}`,
    ...grade.reasons.map(({ letter, text }) => `  ${letter}: ${text}`),
    ...report.losses.map(({ kind, text }) => `  ${kind}: ${text}`),
    `clock ${clock.method}, ${clock.ok ? 'checked' : 'check failed'}`,
    `closure ${groundTruth === null ? 'none' : `${(groundTruth.closure * 100).toFixed(2)} %`}`,
    `total ${us(report.total.meanNs)}`,
    '',
    'stages: n, mean µs',
    ...report.stages.map(stageLine),
    ...section(
      'beside: n, mean µs after the start',
      report.beside.map(({ point, n, meanNs }) => row(point, n, us(meanNs))),
    ),
    '',
    'variants: n, mean µs',
    ...report.variants.map(({ name, n, meanNs }) => row(name, n, us(meanNs))),
    ...section(
      'per request',
      report.counts.map(({ id, perRequest }) => `  ${id} ${perRequest.toFixed(2)}`),
    ),
    ...section(
      'not recorded',
      report.notRecorded.map(({ point }) => `  ${point}`),
    ),
    ...section(
      'findings',
      report.findings.map(({ id, severity, title }) => `  ${severity} ${id}: ${title}`),
    ),
  ].join('\n')}\n`;
}

function us(ns: number): string {
  return (ns / 1000).toFixed(0);
}

function row(name: string, n: number, value: string): string {
  return `  ${name.padEnd(60)} ${String(n).padStart(5)} ${value.padStart(8)}`;
}

function stageLine({
  id,
  from,
  to,
  side,
  clock,
  critical,
  n,
  meanNs,
}: ReportModel['stages'][number]): string {
  const notes = [clock, ...(critical ? [] : ['not critical'])].join(', ');
  return `${row(id, n, us(meanNs))}  ${side}: ${from} → ${to} (${notes})`;
}

/** A titled list, nothing when it is empty. */
function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}
