/** What the slices of a recording show and a user can change, as one list. */
import { FINDINGS } from '../findings/index.ts';
import type { ReportModel } from './report-model.ts';

/** A slice's findings, and how many of its requests are matched. */
export interface FoundSlice {
  readonly findings: ReportModel['findings'];
  readonly matched: number;
}

/** A slice with so few requests, beside the largest, shows nothing: the last one may be next to empty. */
const LEAST_SHARE = 0.25;

/**
 * Each finding once, in the order in which findings are printed: as the slice with the most requests shows it, whose figures these
 * are, with the number of slices that show it.
 */
export function uniteFindings(slices: readonly FoundSlice[]): ReportModel['findings'] {
  const most = Math.max(...slices.map(({ matched }) => matched));
  const followed = slices.filter(({ matched }) => matched > 0 && matched >= most * LEAST_SHARE);
  return FINDINGS.flatMap(({ id }) => {
    const showing = followed.filter(({ findings }) => findings.some((each) => each.id === id));
    const [largest] = [...showing].sort((a, b) => b.matched - a.matched);
    const finding = largest?.findings.find((each) => each.id === id);
    if (finding === undefined) return [];
    const where = `${showing.length} of ${followed.length} slices of the recording show it; the figures are of the largest of these`;
    return [followed.length === 1 ? finding : { ...finding, evidence: `${finding.evidence} (${where})` }];
  });
}
