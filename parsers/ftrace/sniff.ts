import { ascii, startsWith } from '../byte-cursor.ts';
import { ArgumentLine } from './argument-line.ts';
import { LinePrefix } from './line-prefix.ts';

/** The tracefs header, in full or cut off at its top; trace-cmd's first lines. */
const HEADERS = ['# tracer: ', '# entries-in-buffer/entries-written: ', 'cpus=', 'version = '].map(ascii);
/** Lines looked at when there is no header. */
const MAX_LINES = 64;
const LINE_FEED = 0x0a;

/**
 * Whether a stream begins like tracefs text: with its header, or with lines of which at least half are events. `head`
 * is the stream's beginning; a last line without an end is not looked at.
 */
export function looksLikeFtrace(head: Uint8Array): boolean {
  const prefix = new LinePrefix();
  const line = new ArgumentLine(() => 0);
  let lines = 0;
  let events = 0;
  let start = 0;
  while (lines < MAX_LINES) {
    const end = head.indexOf(LINE_FEED, start);
    if (end < 0) break;
    if (HEADERS.some((header) => startsWith(head, header, start, end))) return true;
    line.set(head, start, end);
    if (prefix.search(line)) events += 1;
    if (end - start > 1) lines += 1;
    start = end + 1;
  }
  return events > 0 && events * 2 >= lines;
}
