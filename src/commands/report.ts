/** `iotrace report`: a bundle → its breakdown. Reads files, never a machine. */
import { EXIT_CODES, type ExitCode, IotraceError, quoted } from '../errors.ts';
import { renderJson } from '../render/json.ts';
import { renderMarkdown } from '../render/markdown.ts';
import { renderTerminal } from '../render/terminal.ts';
import { isBelow } from '../report/grade.ts';
import type { Grade, ReportModel } from '../report/report-model.ts';
import { version } from '../version.ts';
import { analyze } from './analyze.ts';
import type { Say } from './import.ts';
import { openRecording } from './open-recording.ts';

export interface ReportOptions {
  readonly format: ReportFormat;
  readonly path?: string | undefined;
  readonly tscHz?: number | undefined;
  readonly minGrade: Grade;
  readonly color: boolean;
  readonly width: number;
}

/** Renderers by the name that -f takes; help text and choices come from here. */
export const RENDERERS = {
  terminal: (model: ReportModel, options: ReportOptions) =>
    renderTerminal(model, { width: options.width, color: options.color }),
  markdown: (model: ReportModel) => renderMarkdown(model),
  json: (model: ReportModel) => renderJson(model),
} as const satisfies Record<string, (model: ReportModel, options: ReportOptions) => string>;

export type ReportFormat = keyof typeof RENDERERS;

/** What a report printed and what the process should end with. */
export interface ReportResult {
  readonly text: string;
  readonly exitCode: ExitCode;
}

/** Reports one bundle. Throws an IotraceError when there is no breakdown to show. */
export async function reportBundle(file: string, options: ReportOptions, say: Say): Promise<ReportResult> {
  const { recording, title, path } = await openRecording(file, options.path, say);
  const model = analyze(recording, { version: version(), title, path, tscHz: options.tscHz });
  if ('failure' in model) throw new IotraceError('report-failed', `${quoted(file)}: ${model.failure}.`);
  return {
    text: RENDERERS[options.format](model, options),
    exitCode: isBelow(model.grade.letter, options.minGrade) ? EXIT_CODES.belowGrade : EXIT_CODES.ok,
  };
}
