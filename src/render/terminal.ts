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
import { escapeStrings, escapeTerminal } from './escape.ts';
import { formatShare, plural } from './format-ns.ts';
import { createPaint, type Paint } from './paint.ts';
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
import { type StageTable, stageTable } from './stage-rows.ts';
import { terminalStages } from './terminal-stages.ts';
import { clip, flow, hang, wrapText } from './wrap.ts';

/** How the terminal report is laid out. Nothing is asked of the environment here. */
export interface TerminalOptions {
  /** Cells of a line, 72 to 160; others are brought into that range. Default 79. */
  readonly width?: number;
  /** Default false: text without a single escape sequence. */
  readonly color?: boolean;
}

const DEFAULT_WIDTH = 79;
const LABEL = 14;
/** Longer strings are cut, with a note how much is missing; Markdown and JSON have them. */
const LONGEST_STRING = 500;

/** What the sections are written with. */
interface Page {
  readonly model: ReportModel;
  readonly width: number;
  readonly paint: Paint;
}

/**
 * The report for a terminal: UTF-8 text, lines of at most `width` cells, one newline at the end. Says what it is about and
 * how far it can be trusted before the first number.
 */
export function renderTerminal(model: ReportModel, options: TerminalOptions = {}): string {
  const asked = options.width ?? DEFAULT_WIDTH;
  const page: Page = {
    model: escapeStrings(model, (text) => escapeTerminal(clip(text, LONGEST_STRING))),
    width: Number.isFinite(asked) ? Math.min(160, Math.max(72, Math.floor(asked))) : DEFAULT_WIDTH,
    paint: createPaint(options.color ?? false),
  };
  const numbers = model.requests.matched > 0 ? numberSections(page) : [noNumbers(page)];
  const sections = [about(page), verdict(page), ...numbers, facts(page), findings(page), environment(page)];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function about({ model, width, paint }: Page): string[] {
  const title = wrapText(model.recording.title, width).filter((line) => line !== '');
  return [...title.map(paint.strong), ...flow(aboutParts(model), width, '   ')];
}

function verdict({ model, width, paint }: Page): string[] {
  const label = `grade ${model.grade.letter}`;
  const indent = label.length + 3;
  const [first = '', ...rest] = hang(label, flow(verdictParts(model), width - indent, '   '), indent);
  const below = [...gradeReasons(model), ...leftOutLines(model), ...lossLines(model)];
  return [
    paint.strong(first.slice(0, label.length)) + first.slice(label.length),
    ...rest,
    ...below.flatMap((text) => bullet(text, indent - 2, width)),
  ];
}

function noNumbers({ width, model }: Page): string[] {
  const none =
    model.requests.seen === 0 ? 'No request was seen' : 'No request could be followed from end to end';
  return wrapText(`${none}, so there are no times to show.`, width);
}

function numberSections(page: Page): string[][] {
  const { model, width, paint } = page;
  const table = stageTable(model);
  return [
    [
      ...[contradiction(table), headline(model, table)]
        .flatMap((text) => sentence(text, width))
        .map(paint.strong),
      ...flow(totalParts(model, table), width, '   '),
      ...sentence(slowSentence(model, table), width),
    ],
    [
      ...bandBars(model, table, width).map((bar) => barText(bar, (run) => paint.side(run.side, run.text))),
      ...[BAR_LEGEND, bandSentence(model, table)].flatMap((text) => wrapText(text, width)).map(paint.faint),
    ],
    terminalStages(table, model, width, paint),
    labelled('beside', besideLines(model), page),
    variants(page, table),
  ];
}

/** Each population with its own mean; one variant needs no section. */
function variants({ model, width, paint }: Page, table: StageTable): string[] {
  if (model.variants.length < 2) return [];
  const bars = variantBars(model, table, width - 2);
  const lines = model.variants.flatMap((variant, at) => [
    ...bullet(`${variant.name}: ${formatShare(variant.share)}, ${plural(variant.n, 'request')}`, 0, width),
    `  ${barText(bars[at]!, (run) => paint.side(run.side, run.text))}`,
  ]);
  return [paint.strong('variants'), ...lines];
}

/** What is known beside the times, a label and its phrases each. */
function facts(page: Page): string[] {
  const { model } = page;
  const measured = model.requests.matched > 0;
  return [
    ...joined('per request', measured ? countParts(model) : [], page),
    ...joined('NUMA', numaParts(model), page),
    ...joined('Little’s law', measured ? [littlesLawLine(model)] : [], page),
    ...joined('clocks', clockParts(model), page),
    ...joined('application', applicationParts(model), page),
    ...joined('overhead', model.overhead.text === '' ? [] : [model.overhead.text], page),
    ...labelled('not observed', notObservedLines(model), page),
  ];
}

function findings({ model, width, paint }: Page): string[] {
  const lines = findingsBySeverity(model).flatMap((finding) => [
    ...bullet(`${finding.severity}: ${finding.title}`, 0, width).map(paint.strong),
    ...sentence(finding.evidence, width - 2).map((line) => `  ${line}`),
    ...sentence(gainLine(finding), width - 2).map((line) => `  ${line}`),
    ...sentence(`${finding.fix} (iotrace explain ${finding.id})`, width - 2).map((line) => `  ${line}`),
  ]);
  return lines.length === 0 ? [] : [paint.strong('findings'), ...lines];
}

function environment(page: Page): string[] {
  const { model, width, paint } = page;
  return [
    ...joined('path', pathParts(model), page),
    ...labelled('recorded', sourceLines(model), page),
    ...labelled(
      'environment',
      model.environment.map(({ name, value }) => `${name}: ${value}`),
      page,
    ),
    ...wrapText(`${model.tool.name} ${model.tool.version}, report schema ${model.schema}`, width).map(
      paint.faint,
    ),
  ];
}

function sentence(text: string, width: number): string[] {
  return text.trim() === '' ? [] : wrapText(text, width);
}

/** A line with a dash, continued under its text. */
function bullet(text: string, indent: number, width: number): string[] {
  const lines = wrapText(text, width - indent - 2);
  return hang('- ', lines, 2).map((line) => ' '.repeat(indent) + line);
}

/** Phrases after a label, separated by semicolons. */
function joined(label: string, parts: readonly string[], { width }: Page): string[] {
  if (parts.length === 0) return [];
  return hang(label, wrapText(parts.join('; '), width - LABEL), LABEL);
}

/** Lines after a label, each on its own. */
function labelled(label: string, texts: readonly string[], { width }: Page): string[] {
  const lines = texts.flatMap((text) =>
    wrapText(text, width - LABEL - 2).map((line, at) => (at === 0 ? line : `  ${line}`)),
  );
  return hang(label, lines, LABEL);
}
