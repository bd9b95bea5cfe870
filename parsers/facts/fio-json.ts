import { z } from 'zod';
import { readJsonObject } from './json-text.ts';
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
}

/** The fields of FioFacts. `iodepth`, `blockSize` and `ioengine` are undefined when jobs differ or fio is silent. */
export interface FioSummary {
  readonly version: string;
  readonly jobs: readonly string[];
  readonly direction: 'read' | 'write' | 'mixed';
  readonly iodepth: number | undefined;
  readonly blockSize: string | undefined;
  readonly ioengine: string | undefined;
  readonly iops: number;
  /** NaN where fio measured no completion latency. */
  readonly clatMeanNs: number;
  /** NaN where fio measured no total latency. */
  readonly latMeanNs: number;
}

const latency = z.looseObject({ mean: z.number().nonnegative(), N: z.int().nonnegative().optional() });

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

/** Reads fio's JSON. `data` is undefined when it cannot be read; the problems say why and in which line. */
export function parseFioJson(text: string): Reading<FioResult | undefined> {
  const problems = new ProblemList();
  const json = readJsonObject(text, problems);
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
      iops: used.reduce((sum, entry) => sum + entry.iops, 0),
      clatMeanNs,
      latMeanNs,
    },
  };
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

function depth(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
