/** How results and progress leave the program. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { EXIT_CODES } from '../errors.ts';

/** Progress and warnings, to stderr. */
export const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Columns of a report: those of the terminal, at most 79. */
export function terminalWidth(): number {
  return Math.min(process.stdout.columns ?? 79, 79);
}

/** Whether stdout is a terminal that may be coloured. */
export function wantsColor(): boolean {
  return (
    process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'
  );
}

/** Results go to the file of -o, or to stdout ('-'). */
export async function deliver(text: string | Uint8Array, output: string | undefined): Promise<void> {
  if (output !== undefined && output !== '-') return writeFile(output, text);
  await new Promise<void>((done) => process.stdout.write(text, () => done()));
}

/** What is no text goes where it is asked for: -f png needs -o. */
export function checkPng(program: Command, { format, output }: { format: string; output?: string }): void {
  if (format === 'png' && output === undefined)
    program.error('error: -f png needs -o FILE (-o - is stdout)', { exitCode: EXIT_CODES.usage });
}

/** PNG is SVG in dots: what is printed as `drawnAs(format)` becomes what was asked for. */
export async function finish(text: string, format: string): Promise<string | Uint8Array> {
  if (format !== 'png') return text;
  const { rasterize } = await import('./rasterize.ts');
  return rasterize(text);
}

/** The format a renderer knows. */
export const drawnAs = <F extends string>(format: F) =>
  format === 'png' ? 'svg' : (format as Exclude<F, 'png'>);
