/** The application's own times for others: a request log from its numbers, fio's JSON from the fields that are known. */
import type { GroundTruth } from '../trace/recording.ts';
import type { Pseudonyms } from './pseudonyms.ts';

type Log = NonNullable<GroundTruth['log']>;

/** Lines of a request log, exactly the numbers that were read; `keep` says which lines. */
export function* requestLogLines(log: Log, keep: (line: number) => boolean): Generator<string> {
  const { epochNs, epochTsc, sector, startNs, endNs, startTsc, endTsc } = log;
  const at = (epoch: bigint, value: number) => epoch + BigInt(value);
  for (let line = 0; line < sector.length; line++)
    if (keep(line))
      yield `${line} ${sector[line]} ${at(epochNs, startNs[line]!)} ${at(epochNs, endNs[line]!)} ${at(epochTsc, startTsc[line]!)} ${at(epochTsc, endTsc[line]!)}\n`;
}

/** Keys of fio's JSON (stat.c, show_thread_status_json) under which numbers lie. */
const KEYS: ReadonlySet<string> = new Set(
  (
    'jobs read write trim sync total_ios iops bw bw_bytes io_bytes io_kbytes runtime short_ios drop_ios lat_ns clat_ns ' +
    'slat_ns lat clat slat mean min max stddev N percentile bins error eta elapsed usr_cpu sys_cpu ctx majf minf ' +
    'iodepth_level latency_depth latency_ns latency_us latency_ms job_runtime groupid time timestamp timestamp_ms ' +
    'bw_min bw_max bw_agg bw_mean bw_dev bw_samples iops_min iops_max iops_mean iops_stddev iops_samples'
  ).split(' '),
);
const NUMBERED_KEY = /^(>=)?\d{1,12}(\.\d{1,9})?$/;

/** Options whose values say how the load was made. */
const OPTIONS: Readonly<Record<string, RegExp>> = {
  rw: /^(rand)?(read|write|rw)$/,
  readwrite: /^(rand)?(read|write|rw)$/,
  ioengine: /^(sync|psync|vsync|pvsync|pvsync2|libaio|io_uring|io_uring_cmd|libblkio|posixaio|mmap|null)$/,
  bs: /^\d{1,9}[kKmM]?(iB)?$/,
  blocksize: /^\d{1,9}[kKmM]?(iB)?$/,
  iodepth: /^\d{1,6}$/,
  numjobs: /^\d{1,6}$/,
  direct: /^[01]$/,
  hipri: /^\d{0,3}$/,
  runtime: /^\d{1,9}[smhd]?$/,
  time_based: /^\d?$/,
  number_ios: /^\d{1,12}$/,
  size: /^\d{1,12}[kKmMgGtT]?i?B?$/,
};

/** fio's JSON with known fields only; undefined when it is no object. What is left out is not named: fio writes much. */
export function shareFio(json: unknown, names: Pseudonyms): unknown {
  if (!isObject(json)) return undefined;
  const version = /^fio-\d{1,2}\.\d{1,3}(\.\d{1,3})?/.exec(String(json['fio version']))?.[0] ?? 'fio';
  return {
    'fio version': version,
    ...(isObject(json['global options']) ? { 'global options': options(json['global options']) } : {}),
    jobs: Array.isArray(json['jobs']) ? json['jobs'].filter(isObject).map((job) => shareJob(job, names)) : [],
  };
}

function shareJob(job: Record<string, unknown>, names: Pseudonyms): unknown {
  return {
    jobname: names.of('job', typeof job['jobname'] === 'string' ? job['jobname'] : ''),
    ...(isObject(job['job options']) ? { 'job options': options(job['job options']) } : {}),
    ...(numbers(job, 0) as object),
  };
}

function options(given: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && Object.hasOwn(OPTIONS, entry[0]) && OPTIONS[entry[0]]!.test(entry[1]),
    ),
  );
}

/** fio nests five deep. */
const MAX_DEPTH = 8;

/** Numbers under known keys; everything else becomes undefined, which JSON leaves out. */
function numbers(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return value;
  if (!isObject(value) || depth > MAX_DEPTH) return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => KEYS.has(key) || NUMBERED_KEY.test(key))
      .map(([key, inner]) => [key, numbers(inner, depth + 1)]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** fio's latency log again, of the latencies alone: no times, directions or places. */
export function* latencyLogLines(latenciesNs: Float64Array): Generator<string> {
  for (const ns of latenciesNs) yield `0, ${ns}, 0, 512, 0\n`;
}
