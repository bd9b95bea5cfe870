/** `iotrace import`: raw files of any tracer → one bundle. Looks at every file before anything is written. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readFactsFolder, type FactFile } from '../../parsers/facts/facts-folder.ts';
import { sniffFioJson } from '../../parsers/facts/fio-json.ts';
import { sniffRequestLog } from '../../parsers/facts/request-log.ts';
import { type StreamInput, writeBundle } from '../bundle/write-bundle.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import type { MachineName, RecordingFacts } from '../trace/recording.ts';
import { version } from '../version.ts';
import { openInput } from './open-input.ts';
import { allBytes, MAX_TRUTH_BYTES, readTruth } from './read-truth.ts';
import { chooseFormat } from './stream-format.ts';

export interface ImportOptions {
  readonly host: readonly string[];
  readonly guest: readonly string[];
  readonly groundTruth?: string | undefined;
  readonly tscOffset?: bigint | undefined;
  readonly facts?: string | undefined;
  readonly hostNodes?: RecordingFacts['hostNodes'];
  readonly path?: string | undefined;
  readonly title?: string | undefined;
  readonly output: string;
}

/** Where commands say what they do; results go elsewhere. */
export type Say = (line: string) => void;

/** Writes the bundle; throws an IotraceError that names the file when one cannot be used. */
export async function importRecording(options: ImportOptions, say: Say): Promise<void> {
  if (options.host.length + options.guest.length === 0)
    throw new IotraceError('import-nothing', 'No trace was named.', {
      hint: 'Give at least one --host FILE (and --guest FILE for a guest’s requests).',
      exitCode: EXIT_CODES.usage,
    });
  const folder = options.facts === undefined ? undefined : await readFolder(options.facts, say);
  const streams = [
    ...(await Promise.all(options.host.map((file) => streamInput(file, 'host')))),
    ...(await Promise.all(options.guest.map((file) => streamInput(file, 'guest')))),
  ];
  if (options.groundTruth !== undefined) await checkTruth(options.groundTruth, say);
  const facts: RecordingFacts = {
    ...folder?.facts,
    ...(options.tscOffset === undefined ? {} : { tscOffsets: [{ vcpu: 0, offset: options.tscOffset }] }),
    ...(options.hostNodes === undefined ? {} : { hostNodes: options.hostNodes }),
  };
  await writeBundle(options.output, {
    version: version(),
    title: options.title ?? basename(options.output).replace(/\.iotrace\.zip$/, ''),
    streams,
    groundTruth:
      options.groundTruth === undefined
        ? undefined
        : { name: basename(options.groundTruth), open: () => reopened(options.groundTruth!) },
    facts,
    factsNotUnderstood: folder?.notUnderstood,
    path: options.path,
    tscOffset: options.tscOffset,
  });
  for (const { machine, name, format } of streams) say(`${machine}: ${name}, ${format}`);
  say(`wrote ${options.output}`);
}

/** A stream that something can read; an IotraceError that names the file and what it begins like, else. */
async function streamInput(file: string, machine: MachineName): Promise<StreamInput> {
  const input = await openInput(file);
  try {
    const { format } = await chooseFormat(file, input.head);
    return { name: basename(file), machine, format: format.name, open: () => reopened(file) };
  } finally {
    await input.close();
  }
}

async function* reopened(file: string): AsyncGenerator<Uint8Array> {
  yield* (await openInput(file)).chunks();
}

async function checkTruth(file: string, say: Say): Promise<void> {
  const bytes = await allBytes((await openInput(file)).chunks(), MAX_TRUTH_BYTES);
  if (bytes === undefined) throw new IotraceError('truth-too-large', `${quoted(file)} is larger than 1 GiB.`);
  const { truth, problems } = readTruth(basename(file), bytes);
  for (const { line, reason } of problems)
    say(`${quoted(file)}${line === 0 ? '' : `, line ${line}`}: ${reason}`);
  if (truth === undefined)
    throw new IotraceError('truth-unknown', `${quoted(file)} is neither a request log nor fio JSON.`, {
      hint: 'A request log has lines "index sector start_ns end_ns start_tsc end_tsc"; fio writes JSON with --output-format=json.',
    });
}

/** A fact file larger than this is a trace that lies in the same folder. */
const MAX_FACT_BYTES = 4 << 20;

async function readFolder(
  folder: string,
  say: Say,
): Promise<{ facts: RecordingFacts; notUnderstood: readonly { name: string; reason: string }[] }> {
  const files: FactFile[] = [];
  const names = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new IotraceError('facts-unreadable', `${quoted(folder)} cannot be read as a folder of facts.`, {
      cause: error,
    });
  });
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isFile()) continue;
    const text = await factText(join(folder, entry.name));
    if (text !== undefined) files.push({ name: entry.name, text });
  }
  const { facts, notUnderstood, problems } = readFactsFolder(files);
  for (const { name, line, reason } of problems)
    say(`facts: ${quoted(name)}${line === 0 ? '' : `, line ${line}`}: ${reason}`);
  return { facts, notUnderstood };
}

/** The text of a small file that is neither a trace nor a ground truth; undefined for those. */
async function factText(file: string): Promise<string | undefined> {
  const input = await openInput(file);
  const head = Buffer.from(input.head).toString('latin1');
  const isOther = sniffRequestLog(input.head) || sniffFioJson(head) || (await isTrace(file, input.head));
  if (isOther) {
    await input.close();
    return undefined;
  }
  const bytes = await allBytes(input.chunks(), MAX_FACT_BYTES);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

async function isTrace(file: string, head: Uint8Array): Promise<boolean> {
  return chooseFormat(file, head).then(
    () => true,
    () => false,
  );
}
