/** Histograms of a disk's stages in a terminal. */
import { coarser, quantile } from '../histogram/buckets.ts';
import { HISTOGRAM_STAGES, type Histogram, type HistogramStage } from '../histogram/histogram-model.ts';
import { escapeStrings, escapeTerminal } from './escape.ts';
import { formatCount, formatDuration, inUnit, NONE, plural, tableUnit } from './format-ns.ts';
import { layoutTable } from './table.ts';
import { wrapText } from './wrap.ts';

/** Half a power of two a line: a stage has some ten to thirty. */
const TOGETHER = 4;
const BAR = 30;
const QUANTILES = [0.5, 0.9, 0.99, 0.999];

/** What an aggregate leaves out, said under each. */
const LIMITS =
  'Counted in the kernel, not recorded: no request is followed from end to end. Stages are counted on their own, have counts of their own, and do not add up to the whole call; what of a call lies between them is not known, and nothing is held against the application’s own times. Means are exact; a quantile is the upper edge of its bucket, at most an eighth too high. Reads and writes are together.';

/** Lines of at most `width`. */
export function renderHistogram(histogram: Histogram, width: number): string {
  const safe = escapeStrings(histogram, escapeTerminal);
  const shown = safe.stages.filter(({ n }) => n > 0);
  const paragraphs = [
    [...wrapText(`${safe.disk}: ${safe.title}; ${formatDuration(safe.seconds * 1e9)}`, width)],
    stageTable(shown, width),
    ...shown.map((stage) => bars(stage, width)),
    unpairedLines(safe, width),
    wrapText(LIMITS, width),
    noteLines(safe, width),
    wrapText(`iotrace ${safe.tool}, histogram schema ${safe.schema}`, width),
  ];
  return `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function titleOf({ id }: HistogramStage): string {
  return Object.values(HISTOGRAM_STAGES).find((each) => each.id === id)?.title ?? id;
}

function stageTable(stages: readonly HistogramStage[], width: number): string[] {
  if (stages.length === 0) return ['No request was counted.'];
  const unit = tableUnit(Math.max(...stages.map(({ sumNs, n }) => sumNs / n)));
  const columns = [
    { title: `stage, ${unit.name}`, align: 'left' as const },
    ...['n', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'].map((title) => ({
      title,
      align: 'right' as const,
    })),
  ];
  const rows = stages.map((stage) => [
    titleOf(stage),
    formatCount(stage.n),
    inUnit(unit, stage.sumNs / stage.n),
    ...QUANTILES.map((share) => quantileText(stage, share, (ns) => inUnit(unit, ns))),
    inUnit(unit, stage.maxNs),
  ]);
  return layoutTable(columns, rows, width).flat();
}

/** Not said of fewer values than would let ten lie beyond it, as in a report. */
function quantileText(
  { buckets, n, maxNs }: HistogramStage,
  share: number,
  text: (ns: number) => string,
): string {
  const found = quantile(buckets, share);
  if (found === undefined || (share > 0.5 && n * (1 - share) < 1)) return NONE;
  return text(Math.min(found.to, maxNs));
}

function bars(stage: HistogramStage, width: number): string[] {
  const rows = coarser(stage.buckets, TOGETHER);
  const most = Math.max(...rows.map(({ count }) => count));
  const edge = ({ from, to }: { from: number; to: number }) =>
    `${formatDuration(from)} to ${formatDuration(to)}`;
  const edges = Math.max(...rows.map((row) => edge(row).length));
  const counts = Math.max(...rows.map(({ count }) => formatCount(count).length));
  const room = Math.max(1, Math.min(BAR, width - edges - counts - 6));
  const about = Object.values(HISTOGRAM_STAGES).find(({ id }) => id === stage.id)?.about ?? '';
  return [
    ...wrapText(`${titleOf(stage)}: ${about}`, width),
    ...rows.map((row) =>
      `  ${edge(row).padStart(edges)}  ${formatCount(row.count).padStart(counts)}  ${'█'.repeat(Math.ceil((row.count / most) * room))}`.trimEnd(),
    ),
  ];
}

function noteLines({ notes }: Histogram, width: number): string[] {
  if (notes.length === 0) return [];
  return ['environment', ...notes.flatMap((note) => wrapText(note, width - 2).map((line) => `  ${line}`))];
}

function unpairedLines({ unpaired, missed }: Histogram, width: number): string[] {
  const lines = unpaired.filter(({ n }) => n > 0).map(({ what, n }) => `${plural(n, 'request')} ${what}`);
  if (missed === null)
    lines.push('this kernel does not tell how many hits came while another BPF program ran, and were missed');
  else if (missed > 0)
    lines.push(
      `${plural(missed, 'hit')} came while another BPF program ran on the same CPU, and ${missed === 1 ? 'was' : 'were'} missed`,
    );
  if (lines.length === 0) return [];
  return [
    'not in the stages',
    ...lines.flatMap((line) =>
      wrapText(line, width - 4).map((each, at) => `${at === 0 ? '  - ' : '    '}${each}`),
    ),
  ];
}
