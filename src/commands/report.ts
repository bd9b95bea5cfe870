/** `iotrace report`: a bundle → its breakdown. Reads files, never a machine. */
import type { Bundle } from '../bundle/read-bundle.ts';
import { openBundleOrRecover } from '../bundle/recover-bundle.ts';
import { EXIT_CODES, type ExitCode, IotraceError, quoted } from '../errors.ts';
import { IO_PATHS, pathByName } from '../paths/index.ts';
import { renderJson } from '../render/json.ts';
import { renderMarkdown } from '../render/markdown.ts';
import { renderTerminal } from '../render/terminal.ts';
import { isBelow } from '../report/grade.ts';
import type { Grade, ReportModel } from '../report/report-model.ts';
import type { GroundTruth, Recording, Source } from '../trace/recording.ts';
import { version } from '../version.ts';
import { analyze } from './analyze.ts';
import type { Say } from './import.ts';
import { readSource } from './read-source.ts';
import { allBytes, MAX_TRUTH_BYTES, readTruth } from './read-truth.ts';
import { chooseFormat } from './stream-format.ts';

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
  const bundle = await openBundleOrRecover(file);
  try {
    for (const part of bundle.lost)
      say(
        `${quoted(file)} was cut: ${quoted(part.name)} has ${part.keptBytes} of ${part.expectedBytes ?? '?'} bytes`,
      );
    const recording = await readRecording(bundle, say);
    const model = analyze(recording, {
      version: version(),
      title: bundle.manifest.title,
      path: givenPath(options.path ?? bundle.manifest.path),
      tscHz: options.tscHz,
    });
    if ('failure' in model) throw new IotraceError('report-failed', `${quoted(file)}: ${model.failure}.`);
    return {
      text: RENDERERS[options.format](model, options),
      exitCode: isBelow(model.grade.letter, options.minGrade) ? EXIT_CODES.belowGrade : EXIT_CODES.ok,
    };
  } finally {
    await bundle.close();
  }
}

function givenPath(name: string | undefined) {
  if (name === undefined) return undefined;
  const path = pathByName(name);
  if (path === undefined)
    throw new IotraceError('path-unknown', `No I/O path is named ${quoted(name)}.`, {
      hint: `One of: ${IO_PATHS.map((each) => each.name).join(', ')}.`,
      exitCode: EXIT_CODES.usage,
    });
  return path;
}

/** Every stream of the bundle in its table, ground truth and facts beside. */
async function readRecording({ manifest, member }: Bundle, say: Say): Promise<Recording> {
  const sources: Source[] = [];
  for (const stream of manifest.streams) {
    const format = chooseFormat(stream.name, await headOf(member(stream.member)), stream.script);
    sources.push(await readSource(stream.name, stream.machine, format, member(stream.member)));
  }
  let groundTruth: GroundTruth | undefined;
  if (manifest.groundTruth !== null) {
    const bytes = await allBytes(member(manifest.groundTruth.member), MAX_TRUTH_BYTES);
    const read = bytes === undefined ? undefined : readTruth(manifest.groundTruth.name, bytes);
    groundTruth = read?.truth;
    for (const { line, reason } of read?.problems ?? [])
      say(`${quoted(manifest.groundTruth.name)}, line ${line}: ${reason}`);
  }
  return { sources, groundTruth, facts: manifest.facts };
}

const HEAD_BYTES = 65_536;

async function headOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, HEAD_BYTES);
}
