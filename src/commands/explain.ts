/** `iotrace explain`: what the tool knows of paths, stages, points and findings, in the tool. */
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { FINDINGS } from '../findings/index.ts';
import { IO_PATHS, pathByName } from '../paths/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import { POINTS, pointById } from '../paths/points.ts';
import { STAGES } from '../paths/stages.ts';
import { wrapText } from '../render/wrap.ts';

/** The text for a topic; the list of topics without one. Throws a usage error for what nothing is named. */
export function explain(topic: string | undefined, width: number): string {
  if (topic === undefined) return overview(width);
  const path = pathByName(topic);
  if (path !== undefined) return explainPath(path, width);
  // A merged stage is explained by its parts.
  const stages = topic.split('+').map((id) => STAGES.find((stage) => stage.id === id));
  if (stages.every((stage) => stage !== undefined))
    return stages.map((stage) => explainStage(stage, width)).join('\n');
  const point = POINTS.find(({ id }) => id === topic);
  if (point !== undefined) return explainPoint(point.id, width);
  const finding = FINDINGS.find(({ id }) => id === topic);
  if (finding !== undefined)
    return `${lines(`${finding.id}: ${finding.title}`, width)}\n${lines(finding.about, width)}`;
  throw new IotraceError('explain-unknown', `Nothing is named ${quoted(topic)}.`, {
    hint: 'iotrace explain without a name lists what there is.',
    exitCode: EXIT_CODES.usage,
  });
}

function lines(text: string, width: number, indent = ''): string {
  return wrapText(text, width - indent.length)
    .map((line) => `${indent}${line}\n`)
    .join('');
}

function overview(width: number): string {
  const names = (title: string, rows: readonly (readonly [string, string])[]) => {
    const longest = Math.max(...rows.map(([id]) => id.length));
    return `${title}\n${rows.map(([id, text]) => row(id.padEnd(longest), text, width)).join('')}\n`;
  };
  return (
    names(
      'paths',
      IO_PATHS.map(({ name, title }) => [name, title]),
    ) +
    names(
      'stages',
      STAGES.map(({ id, title }) => [id, title]),
    ) +
    names(
      'findings',
      FINDINGS.map(({ id, title }) => [id, title]),
    ) +
    names(
      'points',
      POINTS.map(({ id, title }) => [id, title]),
    ) +
    lines('iotrace explain NAME says what one of them is.', width)
  );
}

/** A name and what it is, continued under itself. */
function row(id: string, text: string, width: number): string {
  return wrapText(text, Math.max(30, width - id.length - 3))
    .map((line, at) => `  ${at === 0 ? id : ' '.repeat(id.length)} ${line}\n`)
    .join('');
}

function explainPath(path: IoPath, width: number): string {
  const rows = path.points
    .map(({ point, stage, detail }) => {
      const name = detail ? `  · ${point}` : `  ${point}`;
      return `${name.padEnd(32)} ${pointById(point).title.padEnd(24)} ${detail ? '' : (stage ?? '')}`.trimEnd();
    })
    .join('\n');
  const optional = path.groups
    .filter(({ absence }) => absence !== undefined)
    .map(({ name, absence }) => lines(`${name}: may be absent when ${absence}.`, width, '  '))
    .join('');
  return `${path.name}: ${path.title}\n\n${lines(path.about, width)}\nIn the talk: ${path.talk}.\n\npoint (· detail)                 what                     stage that ends there\n${rows}\n${optional === '' ? '' : `\nwhat may be absent\n${optional}`}`;
}

function explainStage(stage: (typeof STAGES)[number], width: number): string {
  const used = IO_PATHS.filter(({ points }) => points.some((point) => point.stage === stage.id)).map(
    ({ name }) => name,
  );
  return `${stage.id}: ${stage.title} (${stage.side} side)\n\n${lines(stage.meaning, width)}${used.length === 0 ? '' : `\n${lines(`On ${used.join(', ')}.`, width)}`}`;
}

function explainPoint(id: string, width: number): string {
  const point = pointById(id);
  const events = new Set(
    IO_PATHS.flatMap(({ rules }) => rules.filter((rule) => rule.point === id).flatMap((rule) => rule.events)),
  );
  const where = point.side === 'app' ? 'where the application runs' : `on the ${point.side}`;
  const stamped = events.size === 0 ? '' : `\n${lines(`Stamped by: ${[...events].join(', ')}.`, width)}`;
  return `${point.id}: ${point.title}, ${where}\n\n${lines(point.meaning, width)}${stamped}`;
}
