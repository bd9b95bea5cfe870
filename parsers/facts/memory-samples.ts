import type { MemorySamplesFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { textLines } from './text-lines.ts';

/*
 * perf c2c report --stats (tools/perf/builtin-c2c.c, print_c2c__display_stats):
 *   Load Operations                   :      52087
 *   Load Remote HITM                  :       4183
 *   Load Remote DRAM                  :       5893
 */
const C2C =
  /^\s*(Total records|Load Operations|Load Remote HITM|Load Remote HIT|Load Local DRAM|Load Remote DRAM)\s+:\s+(\d{1,15})\s*$/;

/*
 * perf mem report, or perf report --mem-mode with -F mem,sample (tools/perf/util/mem-events.c):
 *   # Memory access                  Samples  Snoop
 *   L1 hit                          126675  N/A
 *   Remote RAM (1 hop) hit            8558  N/A
 * and with --sort=mem the share and the count before it:
 *   # Overhead       Samples  Memory access
 *       51.26%          1234  L1 or L1 hit
 */
const HEADING = /^#?\s*(?:Overhead\s+Samples\s+)?Memory access\b/;
const LEVEL = String.raw`((?:N/A|L[1-9]|LFB|RAM|PMEM|CXL|MSC|I/O|Uncached|HIT|MISS|Local|Remote|Any)\b.*?)`;
const ROW = new RegExp(String.raw`^\s*${LEVEL}\s{2,}(\d{1,15})(?:\s{2,}.*)?$`);
const SHARED_ROW = new RegExp(String.raw`^\s*\d{1,3}\.\d\d%\s+(\d{1,15})\s+${LEVEL}(?:\s{2,}.*)?$`);

/** Another core of the node is not remote. */
const REMOTE_CACHE = /^Remote (?!core, same node)(?:Cache|.*Any cache)/i;
const REMOTE = /^Remote (?!core, same node)/i;
const LOCAL_MEMORY = /^(?:Local RAM|RAM)\b/i;
const UNKNOWN = /^N\/A\b/;

type Lines = ReturnType<typeof textLines>;

/** True when the text is a summary of `perf c2c report --stats`, or of `perf mem report` by memory level. */
export function sniffMemorySamples(text: string): boolean {
  const lines = textLines(text.slice(0, 16_384));
  return lines.some(({ text: line }) => HEADING.test(line) || /^\s*Trace Event Information\s*$/.test(line));
}

/** Sampled loads by what served them. Undefined where the summary holds none. */
export function parseMemorySamples(text: string): Reading<MemorySamplesFact | undefined> {
  const problems = new ProblemList();
  const lines = textLines(text);
  const data = lines.some(({ text: line }) => C2C.test(line)) ? ofC2c(lines) : ofMem(lines);
  if (data === undefined) problems.error(0, 'perf has sampled no load');
  return { data, problems: problems.list() };
}

function ofC2c(lines: Lines): MemorySamplesFact | undefined {
  const counts = new Map<string, number>();
  for (const { text } of lines) {
    const [, name, count] = C2C.exec(text) ?? [];
    // a second table repeats some of them
    if (name !== undefined && !counts.has(name)) counts.set(name, Number(count));
  }
  const of = (name: string) => counts.get(name) ?? 0;
  const loads = of('Load Operations');
  if (loads === 0) return undefined;
  return {
    tool: 'perf c2c',
    loads,
    localMemory: of('Load Local DRAM'),
    remoteMemory: of('Load Remote DRAM'),
    remoteCache: of('Load Remote HITM') + of('Load Remote HIT'),
    unknown: 0,
  };
}

function ofMem(lines: Lines): MemorySamplesFact | undefined {
  const sums = { loads: 0, localMemory: 0, remoteMemory: 0, remoteCache: 0, unknown: 0 };
  for (const { text } of lines) {
    const shared = SHARED_ROW.exec(text);
    const row = shared === null ? ROW.exec(text) : undefined;
    const [level, count] = shared === null ? [row?.[1], Number(row?.[2])] : [shared[2], Number(shared[1])];
    if (level === undefined) continue;
    sums.loads += count;
    if (UNKNOWN.test(level)) sums.unknown += count;
    else if (REMOTE_CACHE.test(level)) sums.remoteCache += count;
    else if (REMOTE.test(level)) sums.remoteMemory += count;
    else if (LOCAL_MEMORY.test(level)) sums.localMemory += count;
  }
  return sums.loads === 0 ? undefined : { tool: 'perf mem', ...sums };
}
