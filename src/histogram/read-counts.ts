/**
 * What the script printed when it ended, by `bpftrace -f json`: a map a line.
 *   {"type": "map", "data": {"@h": {"2,112": 14, …}}}
 *   {"type": "map", "data": {"@n": {"2": 4068, "1": 2168}}}
 */
import { HISTOGRAM_STAGES, type Histogram, UNPAIRED } from './histogram-model.ts';

/** Stages and what was not paired; undefined when it printed none of it. Anything of another form is left out. */
export function readCounts(text: string): Pick<Histogram, 'stages' | 'unpaired'> | undefined {
  const maps = new Map<string, Map<string, number>>();
  for (const line of text.split('\n')) addMap(maps, line);
  const of = (name: string, key: string) => maps.get(name)?.get(key) ?? 0;
  if (maps.size === 0) return undefined;
  return {
    stages: Object.entries(HISTOGRAM_STAGES).map(([number, { id }]) => ({
      id,
      n: of('@n', number),
      sumNs: of('@sum', number),
      maxNs: of('@max', number),
      buckets: bucketsOf(maps.get('@h') ?? new Map(), number),
    })),
    unpaired: Object.entries(UNPAIRED).map(([number, what]) => ({ what, n: of('@other', number) })),
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
