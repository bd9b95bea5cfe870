/** Holds our reader of perf.data against `perf script` of the same file, row by row. Needs perf on this machine. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Format } from '../../parsers/format.ts';
import { perfData } from '../../parsers/perf-data.ts';
import { perfScript } from '../../parsers/perf-script.ts';
import { type Parsed, parseAll, type Row } from '../parsers/row-sink.ts';

const run = promisify(execFile);
const MAX_TEXT_BYTES = 1 << 29;
/** Fields of `perf script -F`, the richest first: a recording without CPUs in its samples refuses the first. */
const FIELDS = ['comm,pid,tid,cpu,time,event,trace', 'comm,pid,tid,time,event,trace'] as const;

/** What both readers made of one file. */
export interface Comparison {
  /** Rows both gave, without the CPU where perf has none to print. */
  readonly same: number;
  /** Rows one gave and the other did not, as text. */
  readonly onlyOurs: readonly string[];
  readonly onlyPerfs: readonly string[];
  readonly unused: { readonly ours: number; readonly perfs: number };
  /** Events lost: by our reader, and by perf's own sum of its LOST_SAMPLES records, else of its LOST records. */
  readonly lost: { readonly ours: number; readonly perfs: number };
  readonly rejects: readonly string[];
}

/** Reads `file` both ways. Throws when perf cannot print it. */
export async function holdAgainstPerf(file: string): Promise<Comparison> {
  const bytes = await readFile(file);
  const ours = await parseAll(perfData, bytes, bytes.length);
  const { text, hasCpu } = await scriptOf(file);
  const perfs = await parseText(perfScript, text);
  const left = new Map<string, number>();
  for (const key of keys(perfs, hasCpu)) left.set(key, (left.get(key) ?? 0) + 1);
  const onlyOurs: string[] = [];
  let same = 0;
  for (const key of keys(ours, hasCpu)) {
    const count = left.get(key) ?? 0;
    if (count === 0) onlyOurs.push(key);
    else {
      left.set(key, count - 1);
      same += 1;
    }
  }
  return {
    same,
    onlyOurs,
    onlyPerfs: [...left].flatMap(([key, count]) => Array<string>(count).fill(key)),
    unused: { ours: ours.report.unused, perfs: perfs.report.unused },
    lost: { ours: ours.losses.reduce((sum, { count }) => sum + (count ?? 0), 0), perfs: await lostOf(file) },
    rejects: [...ours.rejects, ...perfs.rejects].map(({ reason, line }) => `${reason} (line ${line})`),
  };
}

const parseText = (format: Format, text: string): Promise<Parsed> =>
  parseAll(format, text, Math.max(text.length, 1));

async function scriptOf(file: string): Promise<{ text: string; hasCpu: boolean }> {
  for (const fields of FIELDS) {
    const args = ['script', '-i', file, '--ns', '--guestkallsyms=/dev/null', '-F', fields];
    const done = await run('perf', args, { maxBuffer: MAX_TEXT_BYTES }).catch(() => undefined);
    if (done !== undefined) return { text: done.stdout, hasCpu: fields.includes('cpu') };
  }
  throw new Error(`perf script cannot print ${file}`);
}

/** perf's own count, from its dump of the records. */
async function lostOf(file: string): Promise<number> {
  const { stdout } = await run('perf', ['script', '-D', '-i', file], { maxBuffer: MAX_TEXT_BYTES });
  const sum = (pattern: RegExp) =>
    [...stdout.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0);
  // Since Linux 6.1 LOST_SAMPLES hold all, what LOST told included.
  return (
    sum(/PERF_RECORD_LOST_SAMPLES: id:\d+: lost samples :(\d+)/g) ||
    sum(/PERF_RECORD_LOST: id:\d+: lost:(\d+)/g)
  );
}

/** Rows as text that is the same for both readers: names instead of their numbers. */
function keys({ rows, strings }: Parsed, hasCpu: boolean): string[] {
  return rows.map((row) => {
    const dev = namesHandler(row) ? strings[row.dev] : row.dev;
    const cpu = hasCpu ? row.cpu : '-';
    const time = `${row.sec}.${String(row.nsec).padStart(9, '0')}`;
    return `${time} ${row.name} cpu=${cpu} tid=${row.tid} dev=${dev} tag=${row.tag} aux=${row.aux}`;
  });
}

function namesHandler({ name }: Row): boolean {
  return name === 'irq_handler_entry' || name === 'irq_handler_exit';
}
