import * as z from 'zod';
import { readJsonObject } from './json-text.ts';
import { type LatencySpread, spreadOf } from './latencies.ts';
import { ProblemList, type Reading } from './reading.ts';

/**
 * What fio measured, from `fio --output-format=json` or `json+` (fio 2.x and 3.x): the ground truth of a run.
 * The same shape as GroundTruth and FioFacts of `src/trace/recording.ts`.
 */
export interface FioResult {
  readonly kind: 'fio';
  /** I/Os completed, all jobs and directions. */
  readonly requests: number;
  /** Mean total latency in ns, weighted by the number of samples; the completion latency where fio had no other. */
  readonly meanNs: number;
  readonly fio: FioSummary;
  /** Of json+ by its bins (1 to 2 % wide), of json by its own percentiles where one job and direction did all of the I/O. */
  readonly spread: LatencySpread | undefined;
  /** Options of the job file, the job's own before the global ones; those in which jobs differ are left out. */
  readonly options: Readonly<Record<string, string>>;
}

/** The fields of FioFacts. `iodepth`, `blockSize` and `ioengine` are undefined when jobs differ or fio is silent. */
export interface FioSummary {
  readonly version: string;
  readonly jobs: readonly string[];
  readonly direction: 'read' | 'write' | 'mixed';
  readonly iodepth: number | undefined;
  readonly blockSize: string | undefined;
  readonly ioengine: string | undefined;
  /** Polled completions were asked for (option hipri). */
  readonly hipri?: boolean | undefined;
  /** Past the page cache. */
  readonly direct?: boolean;
  /** I/Os handed over at a time, where that is more than one. */
  readonly batch?: number;
  readonly iops: number;
  /** NaN where fio measured no completion latency. */
  readonly clatMeanNs: number;
  /** NaN where fio measured no total latency. */
  readonly latMeanNs: number;
}

const counts = z.record(z.string().regex(/^\d{1,15}$/), z.int().nonnegative());

const latency = z.looseObject({
  mean: z.number().nonnegative(),
  min: z.number().nonnegative().optional(),
  max: z.number().nonnegative().optional(),
  N: z.int().nonnegative().optional(),
  percentile: z.record(z.string(), z.number().nonnegative()).optional(),
  // json+ only; fio 2 wrote them otherwise.
  bins: counts.optional().catch(undefined),
});

/** A data direction of a job. fio 3 has `…_ns`, fio 2 the same names without it, in microseconds (stat.c). */
const direction = z.looseObject({
  total_ios: z.int().nonnegative(),
  iops: z.number().nonnegative(),
  clat_ns: latency.optional(),
  lat_ns: latency.optional(),
  clat: latency.optional(),
  lat: latency.optional(),
});

const options = z.record(z.string(), z.string());

const job = z.looseObject({
  jobname: z.string(),
  error: z.number().optional(),
  'job options': options.optional(),
  read: direction.optional(),
  write: direction.optional(),
});

const fioFile = z.looseObject({
  'fio version': z.string(),
  'global options': options.optional(),
  jobs: z.array(job).min(1),
});

type FioFile = z.infer<typeof fioFile>;
type FioJob = z.infer<typeof job>;
type FioDirection = z.infer<typeof direction>;

/** True when the text speaks of a fio version as fio's JSON does, conflict markers and warnings before it or not. */
export function sniffFioJson(text: string): boolean {
  return /"fio version"\s*:/.test(text);
}

/**
 * Reads fio's JSON. `data` is undefined when it cannot be read; the problems say why and in which line. `path`: the file's name with
 * its folder, where known, to tell which side of a git conflict is its own.
 */
export function parseFioJson(text: string, path?: string): Reading<FioResult | undefined> {
  const problems = new ProblemList();
  const json = readJsonObject(text, problems, path);
  const data = json === undefined ? undefined : summarise(json, problems);
  return { data, problems: problems.list() };
}

function summarise(json: unknown, problems: ProblemList): FioResult | undefined {
  const parsed = fioFile.safeParse(json);
  if (!parsed.success) {
    if (typeof json === 'object' && json !== null && 'client_stats' in json) {
      problems.error(0, 'output of fio --client: its per-client statistics are not read');
      return undefined;
    }
    const issue = parsed.error.issues[0];
    problems.error(0, `not fio's JSON: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
    return undefined;
  }
  const file = parsed.data;
  for (const { jobname, error } of file.jobs) {
    if (error !== undefined && error !== 0) problems.warning(0, `job ${jobname} ended with error ${error}`);
  }
  const used = file.jobs.flatMap((entry) => [entry.read, entry.write]).filter(hasRequests);
  if (used.length === 0) {
    problems.error(0, 'no job completed a read or a write');
    return undefined;
  }
  return result(file, used, problems);
}

function hasRequests(entry: FioDirection | undefined): entry is FioDirection {
  return entry !== undefined && entry.total_ios > 0;
}

function result(file: FioFile, used: readonly FioDirection[], problems: ProblemList): FioResult | undefined {
  const clatMeanNs = mean(used, 'clat');
  const latMeanNs = mean(used, 'lat');
  if (Number.isNaN(latMeanNs)) {
    if (Number.isNaN(clatMeanNs)) {
      problems.error(0, 'fio measured no latency (disable_lat, disable_clat)');
      return undefined;
    }
    problems.warning(0, 'fio measured no total latency (disable_lat): its completion latency stands in');
  }
  return {
    kind: 'fio',
    requests: used.reduce((sum, entry) => sum + entry.total_ios, 0),
    meanNs: Number.isNaN(latMeanNs) ? clatMeanNs : latMeanNs,
    fio: {
      version: file['fio version'],
      jobs: file.jobs.map((entry) => entry.jobname),
      direction: directionOf(file.jobs),
      iodepth: depth(option(file, ['iodepth'])),
      blockSize: option(file, ['bs', 'blocksize']),
      ioengine: option(file, ['ioengine']),
      ...hipri(option(file, ['hipri'])),
      ...direct(file),
      ...batch(option(file, ['iodepth_batch', 'iodepth_batch_submit'])),
      iops: used.reduce((sum, entry) => sum + entry.iops, 0),
      clatMeanNs,
      latMeanNs,
    },
    spread: spread(used, 'lat') ?? spread(used, 'clat'),
    options: optionsOf(file),
  };
}

type Latency = z.infer<typeof latency>;

/** How latencies are spread: of the total where fio was told so (lat_percentiles), else of the completion. */
function spread(used: readonly FioDirection[], name: 'clat' | 'lat'): LatencySpread | undefined {
  const all = used.map((entry) => entry[`${name}_ns`]);
  const of = name === 'lat' ? 'total' : 'completion';
  return spreadOfBins(of, all) ?? (all.length === 1 ? spreadOfPercentiles(of, all[0]) : undefined);
}

function spreadOfBins(
  of: LatencySpread['of'],
  all: readonly (Latency | undefined)[],
): LatencySpread | undefined {
  const counts = new Map<number, number>();
  for (const each of all) {
    if (each?.bins === undefined) return undefined;
    for (const [ns, count] of Object.entries(each.bins))
      counts.set(Number(ns), (counts.get(Number(ns)) ?? 0) + count);
  }
  const bins = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const ofBins = spreadOf(
    of,
    bins.map(([ns]) => ns),
    bins.map(([, count]) => count),
  );
  // fio keeps the ends exactly.
  return ofBins === undefined ? undefined : { ...ofBins, ...endsOf(all) };
}

/** The least and the most as fio kept them; nothing where a direction has none. */
function endsOf(all: readonly (Latency | undefined)[]): { minNs?: number; maxNs?: number } {
  const [least, most] = [all.map((each) => each?.min), all.map((each) => each?.max)];
  const isThere = (value: number | undefined): value is number => value !== undefined;
  return least.every(isThere) && most.every(isThere)
    ? { minNs: Math.min(...least), maxNs: Math.max(...most) }
    : {};
}

function spreadOfPercentiles(of: LatencySpread['of'], one: Latency | undefined): LatencySpread | undefined {
  const at = (percent: number) => one?.percentile?.[percent.toFixed(6)];
  const [p50Ns, p90Ns, p99Ns, p999Ns] = [at(50), at(90), at(99), at(99.9)];
  const { min: minNs, max: maxNs } = one ?? {};
  if (p50Ns === undefined || p90Ns === undefined || p99Ns === undefined || p999Ns === undefined)
    return undefined;
  return minNs === undefined || maxNs === undefined
    ? undefined
    : { of, minNs, p50Ns, p90Ns, p99Ns, p999Ns, maxNs };
}

function optionsOf(file: FioFile): Record<string, string> {
  const names = [file['global options'], ...file.jobs.map((entry) => entry['job options'])].flatMap((each) =>
    Object.keys(each ?? {}),
  );
  return Object.fromEntries(
    [...new Set(names)].flatMap((name) => {
      const value = option(file, [name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Mean over jobs and directions, weighted by samples; NaN when a direction that did I/O was not measured. */
function mean(used: readonly FioDirection[], name: 'clat' | 'lat'): number {
  const means: number[] = [];
  const counts: number[] = [];
  for (const entry of used) {
    const ns = entry[`${name}_ns`];
    const measured = ns ?? entry[name];
    const count = measured?.N ?? entry.total_ios;
    if (measured === undefined || count === 0 || (measured.N === undefined && measured.mean === 0))
      return Number.NaN;
    means.push(measured.mean * (ns === undefined ? 1000 : 1));
    counts.push(count);
  }
  const samples = counts.reduce((sum, count) => sum + count, 0);
  return means.reduce((sum, value, index) => sum + value * (counts[index]! / samples), 0);
}

function directionOf(jobs: readonly FioJob[]): 'read' | 'write' | 'mixed' {
  const reads = jobs.some((entry) => hasRequests(entry.read));
  const writes = jobs.some((entry) => hasRequests(entry.write));
  if (reads && writes) return 'mixed';
  return reads ? 'read' : 'write';
}

/** An option as the jobs have it (their own, else the global one); undefined when they differ. */
function option(file: FioFile, names: readonly string[]): string | undefined {
  const lookUp = (entry: FioJob) =>
    names
      .flatMap((name) => [entry['job options']?.[name], file['global options']?.[name]])
      .find((value) => value !== undefined);
  const values = new Set(file.jobs.map(lookUp));
  return values.size === 1 ? [...values][0] : undefined;
}

/** `hipri` alone on the command line is written as an empty value. Left out where fio is silent or jobs differ. */
function hipri(text: string | undefined): { hipri?: boolean } {
  return text === undefined ? {} : { hipri: text !== '0' };
}

/** Unless it is asked for, or its opposite denied, fio goes through the page cache (HOWTO, `direct`, `buffered`). Left out where jobs differ. */
function direct(file: FioFile): { direct?: boolean } {
  if (file.jobs.every((entry) => entry['job options'] === undefined)) return {};
  const asked = new Set(
    file.jobs.map((entry) => {
      const all = { ...file['global options'], ...entry['job options'] };
      return (all['direct'] ?? '0') !== '0' || all['buffered'] === '0';
    }),
  );
  const [only] = asked;
  return asked.size === 1 ? { direct: only! } : {};
}

/** Left out where fio hands over each I/O by itself. */
function batch(text: string | undefined): { batch?: number } {
  const size = depth(text) ?? 1;
  return size > 1 ? { batch: size } : {};
}

function depth(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
