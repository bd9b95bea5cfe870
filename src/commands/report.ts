/** `iotrace report`: a bundle, or raw files → the breakdown. Reads files, never a machine. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EXIT_CODES, type ExitCode } from '../errors.ts';
import { buildPicture } from '../picture/build-picture.ts';
import { placedGaps } from '../picture/gap-list.ts';
import type { PictureModel } from '../picture/picture-model.ts';
import { comparisonMarkdown, renderComparison } from '../render/comparison.ts';
import { renderCsv } from '../render/csv.ts';
import { renderHtml } from '../render/html.ts';
import { comparisonJson, renderJson } from '../render/json.ts';
import { renderMarkdown } from '../render/markdown.ts';
import { renderTerminal } from '../render/terminal.ts';
import { comparePaths, type PathComparison } from '../report/compare-paths.ts';
import { isBelow } from '../report/grade.ts';
import type { Grade, ReportModel } from '../report/report-model.ts';
import { version } from '../version.ts';
import { type AnalyzeOptions, followRecording, reportOf } from './analyze.ts';
import { type BegunGuest, beginWithGuest } from './begin-following.ts';
import { followBlocks } from './follow-blocks.ts';
import { followInSlices, type ReportedRequests } from './follow-slices.ts';
import { type OpenBundle, readWhole, withBundle, withRawFiles } from './open-recording.ts';
import { pageAssets } from './page-assets.ts';
import type { RawFiles } from './plan-import.ts';
import { writePicture } from './rasterize.ts';
import { histogramText, readHistogram } from './read-histogram.ts';
import { reportFailed } from './report-failed.ts';
import type { Say } from './say.ts';

export interface ReportOptions {
  readonly format: ReportFormat;
  readonly path?: string | undefined;
  readonly tscHz?: number | undefined;
  readonly minGrade: Grade;
  readonly color: boolean;
  readonly width: number;
  /** File for a picture of the report, SVG or PNG by its name; Markdown refers to it. */
  readonly picture?: string | undefined;
}

/** What renderers are given: the report, and what pictures need beyond it, made only for those that draw. */
export interface Subject {
  readonly model: ReportModel;
  picture(): PictureModel;
}

type Renderer = (subject: Subject, options: ReportOptions) => string | Promise<string>;

/** Renderers by the name that -f takes; help text and choices come from here. */
export const RENDERERS = {
  terminal: ({ model }, { width, color }) => renderTerminal(model, { width, color }),
  markdown: ({ model }, { picture }) =>
    renderMarkdown(model, picture === undefined ? undefined : basename(picture)),
  html: async ({ model, picture }) => renderHtml(model, picture(), await pageAssets()),
  json: ({ model }) => renderJson(model),
  svg: async ({ model, picture }) =>
    (await import('../charts/report-picture.ts')).reportSvg(model, picture()),
  csv: ({ model }) => renderCsv(model),
} as const satisfies Record<string, Renderer>;

export type ReportFormat = keyof typeof RENDERERS;

/** What a report printed and what the process should end with. */
export interface ReportResult {
  readonly text: string;
  readonly model: ReportModel;
  readonly exitCode: ExitCode;
}

/** Reports one bundle. Throws an IotraceError when there is no breakdown to show. */
export async function reportBundle(file: string, options: ReportOptions, say: Say): Promise<ReportResult> {
  return withBundle(file, options.path, say, (open) => reportOpen(file, open, options, say));
}

/** The same of raw files, as `iotrace import` takes them. */
export async function reportRawFiles(
  files: RawFiles,
  options: ReportOptions,
  say: Say,
): Promise<ReportResult> {
  return withRawFiles(files, options.path, say, (open) => reportOpen(open.title, open, options, say));
}

async function reportOpen(
  file: string,
  open: OpenBundle,
  options: ReportOptions,
  say: Say,
): Promise<ReportResult> {
  const how = { version: version(), title: open.title, path: open.path, tscHz: options.tscHz };
  const result =
    (await followBlocks(open, how)) ??
    (await followInSlices(open, how, say)) ??
    (await followWhole(file, open, how));
  open.bar.clear();
  const { model, requests, gaps } = result;
  const picture = () => buildPicture(requests, gaps);
  if (options.picture !== undefined)
    await writePicture(options.picture, await RENDERERS.svg({ model, picture }));
  const render: Renderer = RENDERERS[options.format];
  return {
    text: await render({ model, picture }, options),
    model,
    exitCode: isBelow(model.grade.letter, options.minGrade) ? EXIT_CODES.belowGrade : EXIT_CODES.ok,
  };
}

/** All of a recording at once. */
async function followWhole(file: string, open: OpenBundle, how: AnalyzeOptions): Promise<ReportedRequests> {
  let begun: BegunGuest | undefined;
  const { recording } = await readWhole(open, (guest, beside) => {
    begun = beginWithGuest(guest, beside, how);
  });
  const followed = followRecording(recording, how, undefined, begun);
  if ('failure' in followed) {
    open.bar.clear();
    throw reportFailed(file, followed, recording.sources);
  }
  const { correlated, doubts } = followed;
  return {
    model: reportOf(recording, followed, how),
    requests: correlated.requests,
    gaps: placedGaps(correlated, doubts),
  };
}

/** Bundles, or folders of raw files, as they are given: each report, then, of several, the paths side by side. As reportBundle for errors. */
export async function reportBundles(
  files: readonly string[],
  options: ReportOptions,
  say: Say,
): Promise<Pick<ReportResult, 'text' | 'exitCode'>> {
  const texts: string[] = [];
  const models: ReportModel[] = [];
  let exitCode: ExitCode = EXIT_CODES.ok;
  for (const file of files) {
    const isRaw = await isFolder(file);
    const histogram = isRaw ? undefined : await readHistogram(file);
    if (histogram !== undefined) {
      texts.push(histogramText(histogram, options));
      continue;
    }
    const result = await (isRaw
      ? reportRawFiles({ folder: file, host: [], guest: [] }, options, say)
      : reportBundle(file, options, say));
    texts.push(result.text);
    models.push(result.model);
    if (result.exitCode !== EXIT_CODES.ok) exitCode = result.exitCode;
  }
  const comparison = comparePaths(models);
  if (comparison !== undefined) texts.push(COMPARISONS[options.format]?.(comparison, options) ?? '');
  const gap = options.format === 'json' ? '' : '\n';
  return { text: texts.filter((text) => text !== '').join(gap), exitCode };
}

async function isFolder(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** How several reports are laid side by side; formats that make a file of one bundle have none. */
const COMPARISONS: Partial<
  Record<ReportFormat, (comparison: PathComparison, options: ReportOptions) => string>
> = {
  terminal: (comparison, { width }) => renderComparison(comparison, width),
  markdown: (comparison) => comparisonMarkdown(comparison),
  json: (comparison) => comparisonJson(comparison),
};
