/**
 * What the script printed when it ended, by `bpftrace -f json`: a map a line.
 *   {"type": "map", "data": {"@h": {"2,112": 14, …}}}
 *   {"type": "map", "data": {"@n": {"2": 4068, "1": 2168}}}
 */
import { HISTOGRAM_STAGES, type Histogram, UNPAIRED } from './histogram-model.ts';

/**
 * Stages and what was not paired; undefined when it printed none of it. Anything of another form is left out.
 * `ofAll`: requests were counted whoever issued them, not those of one process.
 *
 * Issued requests that were not seen to complete tell of hits that the kernel passed over and counts nowhere: since 6.11 what
 * keeps a tracepoint's perf side from nesting is a mark of the current task (perf_recursion, kernel/events/core.c), and
 * while a task was current whose mark stood, every completion in a softirq was lost, recursion_misses 0 (seen with 6.18.44:
 * 39 of 500, all of them in one thread).
 */
export function readCounts(
  text: string,
  { ofAll }: { ofAll: boolean },
): Pick<Histogram, 'stages' | 'unpaired'> | undefined {
  const maps = new Map<string, Map<string, number>>();
  for (const line of text.split('\n')) addMap(maps, line);
  const of = (name: string, key: string) => maps.get(name)?.get(key) ?? 0;
  if (maps.size === 0) return undefined;
  const issued = of('@n', '1') + (ofAll ? of('@other', '1') : 0);
  const unfinished = Math.max(0, issued - of('@n', '2'));
  return {
    stages: Object.entries(HISTOGRAM_STAGES).map(([number, { id }]) => ({
      id,
      n: of('@n', number),
      sumNs: of('@sum', number),
      maxNs: of('@max', number),
      buckets: bucketsOf(maps.get('@h') ?? new Map(), number),
    })),
    unpaired: Object.entries(UNPAIRED).map(([key, what]) => ({
      what,
      n: key === 'unfinished' ? unfinished : of('@other', key),
    })),
  };
}

function bucketsOf(counts: ReadonlyMap<string, number>, stage: string): [number, number][] {
  const found: [number, number][] = [];
  for (const [key, count] of counts) {
    const [, number, bucket] = /^(\d+),(\d+)$/.exec(key) ?? [];
    if (number === stage) found.push([Number(bucket), count]);
  }
  return found.sort(([a], [b]) => a - b);
}

function addMap(maps: Map<string, Map<string, number>>, line: string): void {
  if (!line.startsWith('{')) return;
  const { type, data } = parse(line);
  if (type !== 'map' || typeof data !== 'object' || data === null) return;
  for (const [name, values] of Object.entries(data))
    if (typeof values === 'object' && values !== null)
      maps.set(
        name,
        new Map(
          Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
        ),
      );
}

function parse(line: string): { type?: unknown; data?: unknown } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
