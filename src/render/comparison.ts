/** Several paths side by side, as text for a terminal, as Markdown and as JSON. */
import type { ComparedPath, PathComparison } from '../report/compare-paths.ts';
import { escapeMarkdownText, escapeStrings, escapeTerminal } from './escape.ts';
import { formatCount, formatDuration } from './format-ns.ts';
import { clip, wrapText } from './wrap.ts';

const LONGEST_TITLE = 100;

/** Text for a terminal: per path its name, mean, overhead and a bar; all bars are on one scale. */
export function renderComparison(comparison: PathComparison, width: number): string {
  const safe = escapeStrings(comparison, (text) => escapeTerminal(clip(text, LONGEST_TITLE * 2)));
  const longest = Math.max(...safe.paths.map(({ meanNs }) => meanNs));
  const base = safe.paths[safe.baseline]!;
  const lines = [
    ...wrapText(`${safe.paths.length} paths side by side, against ${base.pathTitle}`, width),
    ...safe.paths.flatMap((path) => [
      '',
      ...wrapText(`${path.pathTitle}: ${numbers(path)}`, width),
      ...wrapText(clip(path.title, LONGEST_TITLE), width - 2).map((line) => `  ${line}`),
      `  ${bar(path, longest, width - 4)}`,
    ]),
    '',
    ...wrapText(
      '░ submit, █ device, ▒ complete, ▓ not told apart; all bars on one scale. ± is the 95 % interval.',
      width,
    ),
    ...safe.doubts.flatMap((doubt) =>
      wrapText(doubt, width - 2).map((line, at) => `${at === 0 ? '- ' : '  '}${line}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function numbers(path: ComparedPath): string {
  return `${formatDuration(path.meanNs)}${path.overhead === null ? '' : `, ${overheadText(path)}`}, ${formatCount(path.requests)} requests, grade ${path.grade}`;
}

/** "+1,950 µs ±62 µs (+1,353 %)"; "no difference shown" when the interval holds zero. */
function overheadText({ overhead }: ComparedPath): string {
  if (overhead === null) return 'baseline';
  const sign = (value: number) => (value < 0 ? '−' : '+');
  const open = overhead.openNs === null ? '' : ` ±${formatDuration(overhead.openNs)}`;
  const percent = formatCount(Math.round(Math.abs(overhead.share) * 100));
  const text = `${sign(overhead.ns)}${formatDuration(Math.abs(overhead.ns))}${open} (${sign(overhead.share)}${percent} %)`;
  const shown = overhead.openNs !== null && Math.abs(overhead.ns) > overhead.openNs;
  return shown ? text : `${text}, no difference shown`;
}

/** Submit, device and complete to scale; a device that is not known alone is part of what is not drawn apart. */
function bar(path: ComparedPath, longest: number, width: number): string {
  const cells = (ns: number) => Math.round((ns / longest) * width);
  if (path.deviceNs === null) return '▓'.repeat(Math.max(1, cells(path.meanNs)));
  const submit = cells(path.submitNs);
  const device = cells(path.submitNs + path.deviceNs) - submit;
  const complete = cells(path.meanNs) - submit - device;
  // Shorter than half a cell is not nothing.
  if (submit + device + complete <= 0) return '▏';
  return '░'.repeat(submit) + '█'.repeat(device) + '▒'.repeat(Math.max(0, complete));
}

/** The same as a Markdown table. */
export function comparisonMarkdown(comparison: PathComparison): string {
  const safe = escapeStrings(comparison, (text) => escapeMarkdownText(clip(text, LONGEST_TITLE * 2)));
  const cell = (ns: number | null) => (ns === null ? '–' : formatDuration(ns));
  const rows = safe.paths.map(
    (path) =>
      `| ${path.pathTitle} | ${cell(path.meanNs)} | ${overheadText(path)} | ${cell(path.submitNs)} | ${cell(path.deviceNs)} | ${cell(path.completeNs)} | ${formatCount(path.requests)} | ${path.grade} |`,
  );
  const doubts = safe.doubts.map((doubt) => `- ${doubt}`);
  return [
    `## ${safe.paths.length} paths side by side`,
    '',
    `Against ${safe.paths[safe.baseline]!.pathTitle}; ± is the 95 % interval.`,
    '',
    '| path | mean | overhead | submit | device | complete | requests | grade |',
    '| ---- | ---: | -------: | -----: | -----: | -------: | -------: | :---: |',
    ...rows,
    ...(doubts.length === 0 ? [] : ['', ...doubts]),
    '',
  ].join('\n');
}
