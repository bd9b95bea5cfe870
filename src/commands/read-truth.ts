import { parseFioJson, sniffFioJson } from '../../parsers/facts/fio-json.ts';
import { parseFioLatencyLog, sniffFioLatencyLog } from '../../parsers/facts/fio-latency-log.ts';
import type { Problem, Reading } from '../../parsers/facts/reading.ts';
import { parseRequestLog, RequestLogReader, sniffRequestLog } from '../../parsers/facts/request-log.ts';
import { IotraceError, quoted } from '../errors.ts';
import type { GroundTruth } from '../trace/recording.ts';
import type { Say } from './say.ts';

/** Largest ground truth that is read: a request log of some ten million lines. */
export const MAX_TRUTH_BYTES = 1 << 30;

export interface ReadTruth {
  readonly truth: GroundTruth | undefined;
  readonly problems: readonly Problem[];
}

/** So much is looked at to tell a request log. */
const HEAD_BYTES = 65_536;

/** Reads a request log, a latency log of fio or fio JSON, told by its content; `truth` is undefined when it is neither or says nothing. */
export function readTruth(source: string, bytes: Uint8Array): ReadTruth {
  if (sniffRequestLog(bytes.subarray(0, HEAD_BYTES))) return truthOf(source, parseRequestLog(bytes));
  if (sniffFioLatencyLog(bytes)) return latencyLog(source, bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1 << 28)).toString('utf8');
  if (!sniffFioJson(text)) return { truth: undefined, problems: [] };
  return truthOf(source, parseFioJson(text));
}

function truthOf(
  source: string,
  { data, problems }: Reading<Omit<GroundTruth, 'source'> | undefined>,
): ReadTruth {
  return { truth: data === undefined ? undefined : { source, ...data }, problems };
}

/** The same of what comes in chunks, a request log without ever holding all of it; undefined when it is longer than MAX_TRUTH_BYTES. */
export async function readTruthOf(
  source: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<ReadTruth | undefined> {
  const parts: Uint8Array[] = [];
  let log: RequestLogReader | undefined;
  let length = 0;
  for await (const chunk of chunks) {
    const isHead = length < HEAD_BYTES;
    length += chunk.length;
    if (length > MAX_TRUTH_BYTES) return undefined;
    if (log === undefined) parts.push(chunk);
    else log.push(chunk);
    // It is told once, by the chunk that completes the head.
    if (!isHead || length < HEAD_BYTES) continue;
    if (!sniffRequestLog(Buffer.concat(parts).subarray(0, HEAD_BYTES))) continue;
    log = new RequestLogReader();
    for (const part of parts.splice(0)) log.push(part);
  }
  return log === undefined ? readTruth(source, Buffer.concat(parts)) : truthOf(source, log.finish());
}

/** The same of a whole file, its problems said. Throws an IotraceError that names the file when nothing can be held against it. */
export async function readGroundTruth(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  say: Say,
): Promise<GroundTruth> {
  const read = await readTruthOf(file, chunks);
  if (read === undefined) throw new IotraceError('truth-too-large', `${quoted(file)} is larger than 1 GiB.`);
  const { truth, problems } = read;
  sayProblems(file, problems, say);
  if (truth !== undefined) return truth;
  throw truthUnknown(file);
}

/** Says what of a file was not understood, with its line where it is of one. */
export function sayProblems(file: string, problems: readonly Problem[], say: Say): void {
  for (const { line, reason } of problems)
    say(`${quoted(file)}${line === 0 ? '' : `, line ${line}`}: ${reason}`);
}

/** The error for a ground truth that nothing can be held against. */
export function truthUnknown(file: string): IotraceError {
  return new IotraceError(
    'truth-unknown',
    `${quoted(file)} is neither a request log, nor fio JSON, nor a latency log of fio.`,
    {
      hint: 'A request log has lines "index sector start_ns end_ns start_tsc end_tsc"; fio writes JSON with --output-format=json.',
    },
  );
}

/** A latency log looks the same whether it holds the whole latency or a part; fio tells by the end of its name. */
function latencyLog(source: string, bytes: Uint8Array): ReadTruth {
  const part = /_(slat|clat)\.\d+\.log/.exec(source)?.[1];
  if (part === 'slat')
    return {
      truth: undefined,
      problems: [
        problem('error', 'by its name a log of submission latencies: give the one that ends in _lat'),
      ],
    };
  const { truth, problems } = truthOf(source, parseFioLatencyLog(bytes));
  const warning =
    part === undefined
      ? []
      : [problem('warning', 'by its name a log of completion latencies: the submission is not in them')];
  return { truth, problems: [...warning, ...problems] };
}

function problem(severity: Problem['severity'], reason: string): Problem {
  return { line: 0, reason, severity };
}

/** All bytes of a stream, up to `most`; undefined when it is longer. */
export async function allBytes(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
