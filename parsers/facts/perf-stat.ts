import type { PerfCountFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { printable, textLines } from './text-lines.ts';

/** Rows of one file; a per-thread count of a large guest over many intervals has fewer. */
const MAX_ROWS = 100_000;

// {"thread" : "IO io0-5299", "counter-value" : "1234", "unit" : "", "event" : "node-loads", "event-runtime" : 608704, "pcnt-running" : 50.00, …}
// bash-5778,<not supported>,,node-loads,0,100.00,,        (perf 6.1, -x, --per-thread)
// N0,1,1234,,node-loads,608704,100.00,,                    (--per-node: node, CPUs)
const VALUE = /^(?:\d+(?:\.\d+)?|<not (?:supported|counted)>)$/;
const EVENT = /^[A-Za-z_][\w./:=-]*/;
const RUNTIME = /^\d+$/;
const PERCENT = /^\d+(?:\.\d+)?$/;

/** True when the first line that is no comment is a row of `perf stat -j` or `perf stat -x,`. */
export function sniffPerfStat(text: string): boolean {
  const first = textLines(text.slice(0, 4096)).find(({ text: line }) => !line.startsWith('#'))?.text;
  return first !== undefined && rowOf(first) !== undefined;
}

/**
 * Reads `perf stat -j` or `-x,`, with or without --per-thread, --per-node or -I; rows of one event and one thread (or node)
 * are summed over intervals. `<not supported>` and `<not counted>` are kept as such. Format: tools/perf/Documentation/perf-stat.txt.
 */
export function parsePerfStat(text: string): Reading<readonly PerfCountFact[]> {
  const problems = new ProblemList();
  const rows = new Map<string, PerfCountFact>();
  for (const { line, text: entry } of textLines(text)) {
    if (entry.startsWith('#')) continue;
    const row = rowOf(entry);
    if (row === undefined) {
      problems.error(line, 'not a row of perf stat -j or -x,');
      continue;
    }
    const key = `${row.who}\0${row.event}`;
    const known = rows.get(key);
    if (known === undefined && rows.size >= MAX_ROWS) {
      problems.error(line, `more than ${MAX_ROWS} counts`);
      break;
    }
    rows.set(key, known === undefined ? row : sum(known, row));
  }
  return { data: [...rows.values()], problems: problems.list() };
}

function sum(a: PerfCountFact, b: PerfCountFact): PerfCountFact {
  const counted = a.count !== null && b.count !== null;
  return {
    ...a,
    state: a.state === 'counted' ? b.state : a.state,
    count: counted ? a.count! + b.count! : null,
    runningShare: Math.min(a.runningShare, b.runningShare),
  };
}

function rowOf(line: string): PerfCountFact | undefined {
  return line.startsWith('{') ? jsonRow(line) : csvRow(line);
}

function jsonRow(line: string): PerfCountFact | undefined {
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (key: string) => (typeof row[key] === 'string' ? row[key] : undefined);
  const value = text('counter-value');
  const event = text('event');
  const percent = row['pcnt-running'];
  if (value === undefined || event === undefined || !VALUE.test(value) || !EVENT.test(event))
    return undefined;
  const who = text('thread') ?? text('node') ?? text('socket') ?? text('cpu') ?? '';
  return fact(who, event, value, typeof percent === 'number' ? percent : 100);
}

/** The value is followed by unit, event, run time and percentage; what stands before it says whose count it is. */
function csvRow(line: string): PerfCountFact | undefined {
  const fields = line.split(',', 64);
  for (let at = 0; at + 4 < fields.length; at++) {
    if (!VALUE.test(fields[at]!) || !EVENT.test(fields[at + 2]!)) continue;
    // An event may hold commas: cpu/event=0xd3,umask=0x1/.
    const end = fields.findIndex(
      (field, index) => index > at + 2 && RUNTIME.test(field) && PERCENT.test(fields[index + 1] ?? ''),
    );
    if (end === -1) continue;
    const before = fields.slice(0, at).filter((field) => !/^\s*\d+\.\d+$/.test(field));
    const event = fields.slice(at + 2, end).join(',');
    return fact(before[0] ?? '', event, fields[at]!, Number(fields[end + 1]));
  }
  return undefined;
}

function fact(who: string, event: string, value: string, percent: number): PerfCountFact {
  const count = Number(value);
  const counted = Number.isFinite(count) && count <= Number.MAX_SAFE_INTEGER;
  return {
    who: printable(who),
    event: printable(event),
    count: counted ? count : null,
    state: value === '<not supported>' ? 'not supported' : counted ? 'counted' : 'not counted',
    runningShare: Math.min(1, Math.max(0, percent / 100)),
  };
}
