import type { ReportModel } from '../report/report-model.ts';
import { BAR_LEGEND, bandBars, barText, variantBars } from './band-bars.ts';
import {
  applicationParts,
  besideLines,
  clockParts,
  countParts,
  findingsBySeverity,
  gainLine,
  littlesLawLine,
  notObservedLines,
  numaParts,
  pathParts,
  sourceLines,
} from './details.ts';
import { escapeMarkdownCode, escapeMarkdownText, escapeStrings } from './escape.ts';
import { stageDistributions, stageEnds, variantStages, variantTable } from './markdown-stages.ts';
import {
  aboutParts,
  bandSentence,
  contradiction,
  gradeReasons,
  headline,
  leftOutLines,
  lossLines,
  slowSentence,
  totalParts,
  verdictParts,
} from './sentences.ts';
import { stageGrid } from './stage-grid.ts';
import { type StageTable, stageTable } from './stage-rows.ts';
import { pipeTable } from './table.ts';
import { clip } from './wrap.ts';

const BAR_WIDTH = 79;
const LONGEST_STRING = 4000;

/** The model escaped for prose, and escaped for code spans and blocks. */
interface Texts {
  readonly prose: ReportModel;
  readonly code: ReportModel;
}

/**
 * The report for a bug tracker: renders on GitHub and GitLab, reads as plain text elsewhere. What it is about and the
 * verdict come first, then the one sentence, the table and the bars; the rest is folded. One newline at the end. `picture`: name of a
 * file beside it that shows the same, attached where the report goes.
 */
export function renderMarkdown(model: ReportModel, picture?: string): string {
  const texts: Texts = {
    prose: escapeStrings(model, (text) => escapeMarkdownText(clip(text, LONGEST_STRING))),
    code: escapeStrings(model, (text) => escapeMarkdownCode(clip(text, LONGEST_STRING))),
  };
  const { prose } = texts;
  const measured = model.requests.matched > 0;
  const blocks = [
    about(prose),
    verdict(prose),
    picture === undefined ? '' : `![Stages, distribution and a typical request](<${linkTarget(picture)}>)`,
    ...(measured
      ? numbers(texts)
      : ['No request could be followed from end to end, so there are no times to show.']),
    bullets(notObservedLines(prose).map((text) => `Not observed: ${text}`)),
    findings(prose),
    ...(measured ? foldedNumbers(texts) : []),
    ...foldedFacts(texts),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** A file's name as the target of a link: nothing in it can end the link. */
function linkTarget(name: string): string {
  return encodeURIComponent(name.replace(/\p{Cs}/gu, '_'));
}

function about(model: ReportModel): string {
  const title = model.recording.title === '' ? '' : `: ${model.recording.title}`;
  return `### iotrace${title}\n\n${aboutParts(model).join(', ')}`;
}

function verdict(model: ReportModel): string {
  const first = `**Grade ${model.grade.letter}**: ${verdictParts(model).join('; ')}`;
  const below = bullets([...gradeReasons(model), ...leftOutLines(model), ...lossLines(model)]);
  return below === '' ? first : `${first}\n\n${below}`;
}

function numbers({ prose, code }: Texts): string[] {
  const table = stageTable(prose);
  return [
    ...[contradiction(table), headline(prose, table)]
      .filter((text) => text !== '')
      .map((text) => `**${text}**`),
    [`${totalParts(prose, table).join(', ')}.`, slowSentence(prose, table)].join(' ').trim(),
    mainTable(prose, table),
    fenced([...bandBars(code, stageTable(code), BAR_WIDTH).map((bar) => barText(bar)), BAR_LEGEND]),
    bandSentence(prose, table),
  ];
}

function mainTable(model: ReportModel, table: StageTable): string {
  const grid = stageGrid(table, model);
  const rows = grid.rows.map(({ kind, cells }) =>
    cells.map((cell, at) => (kind === 'stage' || cell === '' || at === 0 ? cell : `**${cell}**`)),
  );
  const notes = grid.footnotes.length === 0 ? '' : `\n\n${bullets(grid.footnotes)}`;
  return pipeTable(grid.columns, rows) + notes;
}

/** A finding is three lines: what this recording shows, what a change could save, and the change. */
function findings(model: ReportModel): string {
  return findingsBySeverity(model)
    .flatMap((finding) => [
      `- **${finding.severity}: ${finding.title}**${finding.evidence === '' ? '' : `: ${finding.evidence}`}`,
      `  - ${gainLine(finding)}`,
      `  - Change: ${finding.fix} (iotrace explain ${finding.id})`,
    ])
    .join('\n');
}

function foldedNumbers({ prose, code }: Texts): string[] {
  const table = stageTable(prose);
  const stages = [stageEnds(table), stageDistributions(prose, table), bullets(besideLines(prose))];
  const bars = variantBars(code, stageTable(code), BAR_WIDTH).map((bar, at) => `${at + 1}  ${barText(bar)}`);
  const variants = [variantTable(prose, table), fenced(bars), variantStages(prose, table)];
  return [
    details('Stages in full', stages),
    ...(prose.variants.length > 1 ? [details(`Variants (${prose.variants.length})`, variants)] : []),
    details('Counts per request, queue depth', [
      bullets([...countParts(prose), `Little’s law: ${littlesLawLine(prose)}`]),
    ]),
  ];
}

function foldedFacts({ prose, code }: Texts): string[] {
  const environment = code.environment.map(
    ({ name, value }) => `\`${name || ' '}\`: ${value === '' ? 'empty' : `\`${value}\``}`,
  );
  const overhead = prose.overhead.text === '' ? [] : [`Overhead: ${prose.overhead.text}`];
  return [
    details('NUMA', [bullets(numaParts(prose))]),
    details('Clocks and application', [
      bullets([...clockParts(prose), ...applicationParts(prose), ...overhead]),
    ]),
    details('What was recorded', [bullets([...sourceLines(prose), ...pathParts(prose)])]),
    details('Environment', [bullets(environment)]),
    details('How to reproduce', [
      `With the recording attached as FILE, \`iotrace report FILE\` prints this report; \`iotrace share FILE\` makes a copy to attach, with the same tables and no names. It was made by ${prose.tool.name} ${prose.tool.version}, report schema ${prose.schema}.`,
    ]),
  ];
}

/** A folded section; blank lines around its body make the body Markdown again. '' when there is nothing in it. */
function details(summary: string, blocks: readonly string[]): string {
  const body = blocks.filter((block) => block !== '').join('\n\n');
  return body === '' ? '' : `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function bullets(texts: readonly string[]): string {
  return texts.map((text) => `- ${text}`).join('\n');
}

/** A code block. Its lines are escaped for code: no backtick can end it. */
function fenced(lines: readonly string[]): string {
  return ['```text', ...lines, '```'].join('\n');
}
