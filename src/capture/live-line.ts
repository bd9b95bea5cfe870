import type { Progress } from './session.ts';

/** One line on a terminal that is written over and over. */
export interface LiveLine {
  show(progress: Progress): void;
  clear(): void;
}

/** Undefined where the stream is no terminal: a log should not be filled with it. */
export function liveLine(stream: NodeJS.WriteStream): LiveLine | undefined {
  if (stream.isTTY !== true || process.env['TERM'] === 'dumb') return undefined;
  return {
    show: (progress) => void stream.write(`\r\x1b[K${progressText(progress)}`),
    clear: () => void stream.write('\r\x1b[K'),
  };
}

/** `recording  1,234 requests  3.2 s  lost 0   (Ctrl-C ends it)` */
export function progressText({ requests, elapsedMs, lost }: Progress): string {
  const count = (value: number) => value.toLocaleString('en-US');
  return `recording  ${count(requests)} requests  ${(elapsedMs / 1000).toFixed(1)} s${lost === undefined ? '' : `  lost ${count(lost)}`}   (Ctrl-C ends it)`;
}
