/** The stage table as CSV (RFC 4180), for spreadsheets and scripts: one row a stage, times in ns. */
import type { ReportModel, Stage } from '../report/report-model.ts';
import { escapeTerminal } from './escape.ts';

/** Columns, in order; `share` is 0 to 1, `per_request_ns` sums to the total over the critical stages. */
const COLUMNS: readonly {
  readonly name: string;
  of(stage: Stage, matched: number): string | number | null;
}[] = [
  { name: 'stage', of: ({ id }) => id },
  { name: 'title', of: ({ title }) => title },
  { name: 'side', of: ({ side }) => side },
  { name: 'from', of: ({ from }) => from },
  { name: 'to', of: ({ to }) => to },
  { name: 'clock', of: ({ clock }) => clock },
  { name: 'n', of: ({ n }) => n },
  { name: 'per_request_ns', of: ({ meanNs, n }, matched) => (meanNs * n) / matched },
  { name: 'share', of: ({ share }) => share },
  { name: 'mean_ns', of: ({ meanNs }) => meanNs },
  { name: 'mean_low_ns', of: ({ ciLowNs }) => ciLowNs },
  { name: 'mean_high_ns', of: ({ ciHighNs }) => ciHighNs },
  { name: 'min_ns', of: ({ minNs }) => minNs },
  { name: 'p50_ns', of: ({ p50Ns }) => p50Ns },
  { name: 'p90_ns', of: ({ p90Ns }) => p90Ns },
  { name: 'p99_ns', of: ({ p99Ns }) => p99Ns },
  { name: 'p999_ns', of: ({ p999Ns }) => p999Ns },
  { name: 'max_ns', of: ({ maxNs }) => maxNs },
  { name: 'uncertainty_ns', of: ({ uncertaintyNs }) => uncertaintyNs },
];

/** A header, the critical stages in the order of the request's way, and the total. What was not observed is empty. */
export function renderCsv(model: ReportModel): string {
  const { total, requests } = model;
  const matched = requests.matched;
  const whole: Stage = {
    ...total,
    id: 'total',
    title: '',
    from: '',
    to: '',
    clock: 'guest',
    side: 'submit',
    critical: true,
    n: matched,
    share: 1,
    uncertaintyNs: 0,
    cpuClocksNs: null,
    bounded: false,
  };
  const ofTotal = COLUMNS.map((column) =>
    ['side', 'clock', 'uncertainty_ns'].includes(column.name) ? null : column.of(whole, matched),
  );
  const rows = model.stages
    .filter(({ critical }) => critical)
    .map((stage) => COLUMNS.map((column) => column.of(stage, matched)));
  const lines = [COLUMNS.map(({ name }) => name), ...(matched === 0 ? [] : [...rows, ofTotal])];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/**
 * A cell. Text has no control character left; what a spreadsheet would take for a formula (=, +, -, @ in front) gets an apostrophe
 * before it. A number that is not finite is empty.
 */
export function csvCell(value: string | number | null): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (value === null) return '';
  const text = escapeTerminal(value);
  const harmless = /^\s*[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(harmless) || harmless !== harmless.trim()
    ? `"${harmless.replaceAll('"', '""')}"`
    : harmless;
}
