import { ascii } from '../byte-cursor.ts';
import { ArgumentLine } from './argument-line.ts';
import { LinePrefix } from './line-prefix.ts';
import { RecordingLabels } from './recording-labels.ts';

/** The tracefs header, in full or cut off at its top. */
const HEADERS = ['# tracer: ', '# entries-in-buffer/entries-written: '].map(ascii);
/** The first line of `trace-cmd report`. */
const CPUS = ascii('cpus=');
/** Lines looked at when there is no header. */
const MAX_LINES = 64;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Whether a stream begins like tracefs text: with its header, or with lines of which at least half are events (or
 * trace-cmd's own). `head` is the stream's beginning; a last line without an end is not looked at.
 */
export function looksLikeFtrace(head: Uint8Array): boolean {
  const line = new ArgumentLine(() => 0);
  let lines = 0;
  let known = 0;
  for (let start = 0; lines < MAX_LINES; ) {
    const feed = head.indexOf(LINE_FEED, start);
    if (feed < 0) break;
    const end = head[feed - 1] === CARRIAGE_RETURN && feed > start ? feed - 1 : feed;
    line.set(head, start, end);
    if (HEADERS.some((header) => line.skipText(header))) return true;
    if (isEvent(line, start) || isCpus(line)) known += 1;
    if (end > start) lines += 1;
    start = feed + 1;
  }
  return known > 0 && known * 2 >= lines;
}

function isEvent(line: ArgumentLine, start: number): boolean {
  const prefix = new LinePrefix();
  if (prefix.search(line)) return true;
  const text = new RecordingLabels().find(line.bytes, start, line.end);
  if (text < 0) return false;
  line.at = text;
  return prefix.search(line) || isCpus(line);
}

/** `cpus=4` and nothing else. */
function isCpus(line: ArgumentLine): boolean {
  return line.skipText(CPUS) && line.decimal() > 0 && line.at === line.end;
}
