/** `iotrace diff`: two sides, bundles or fio JSON → which stage moved, by how much. Reads files, never a machine. */
import { compareFio } from '../diff/compare-fio.ts';
import { compareRecordings } from '../diff/compare-recordings.ts';
import type { DiffModel } from '../diff/diff-model.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { renderDiffHtml } from '../render/diff-html.ts';
import { renderDiffMarkdown } from '../render/diff-markdown.ts';
import { settingText } from '../render/diff-sentences.ts';
import { renderDiffTerminal } from '../render/diff-terminal.ts';
import { diffJson } from '../render/json.ts';
import { version } from '../version.ts';
import { type Runs, readSide, type SideOptions } from './diff-sides.ts';
import { pageAssets } from './page-assets.ts';
import type { Say } from './say.ts';

export interface DiffOptions extends SideOptions {
  readonly format: DiffFormat;
  /** Compare although a setting that decides everything differs. */
  readonly force: boolean;
  readonly color: boolean;
  readonly width: number;
}

type Renderer = (model: DiffModel, options: DiffOptions) => string | Promise<string>;

/** Renderers by the name that -f takes. */
export const DIFF_RENDERERS = {
  terminal: (model, { width, color }) => renderDiffTerminal(model, { width, color }),
  markdown: (model) => renderDiffMarkdown(model),
  html: async (model) => renderDiffHtml(model, await pageAssets()),
  json: (model) => diffJson(model),
  svg: async (model) => (await import('../charts/diff-picture.ts')).diffSvg(model),
} as const satisfies Record<string, Renderer>;

export type DiffFormat = keyof typeof DIFF_RENDERERS;

/** Compares `a` (before) with `b` (after), each one or several files or folders. Throws an IotraceError when that shows nothing. */
export async function diff(
  a: readonly string[],
  b: readonly string[],
  options: DiffOptions,
  say: Say,
): Promise<string> {
  const model = compare(await readSide(a, options, say), await readSide(b, options, say));
  const refusing = model.matters.filter(({ refuses }) => refuses);
  if (refusing.length > 0 && !options.force)
    throw new IotraceError(
      'diff-refused',
      `These runs cannot be compared: ${refusing.map((each) => quoted(settingText(each))).join('; ')}.`,
      { hint: 'Compare runs of one workload, or insist with --force.' },
    );
  const render: Renderer = DIFF_RENDERERS[options.format];
  return render(model, options);
}

function compare(a: Runs, b: Runs): DiffModel {
  if (a.kind === 'recordings' && b.kind === 'recordings') return compareRecordings(a.runs, b.runs, version());
  if (a.kind === 'fio' && b.kind === 'fio') return compareFio(a.runs, b.runs, version());
  throw new IotraceError('diff-mixed', 'One side is bundles, the other fio JSON.', {
    hint: 'Compare bundles with bundles, or fio JSON with fio JSON.',
    exitCode: EXIT_CODES.usage,
  });
}
