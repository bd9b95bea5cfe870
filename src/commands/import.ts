/** `iotrace import`: raw files of any tracer → one bundle. Looks at every file before anything is written. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readScript } from '../../parsers/bpftrace/script.ts';
import { type FactFile, readFactsFolder } from '../../parsers/facts/facts-folder.ts';
import { sniffFioJson } from '../../parsers/facts/fio-json.ts';
import { sniffRequestLog } from '../../parsers/facts/request-log.ts';
import { MAX_SCRIPT_CHARACTERS } from '../bundle/manifest.ts';
import { type StreamInput, writeBundle } from '../bundle/write-bundle.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import type { MachineName, RecordingFacts } from '../trace/recording.ts';
import { version } from '../version.ts';
import { openInput } from './open-input.ts';
import { allBytes, MAX_TRUTH_BYTES, readTruth } from './read-truth.ts';
import { chooseFormat, recognise, wantsScript } from './stream-format.ts';

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
    ...(await Promise.all(options.host.map((file) => streamInput(file, 'host', folder?.scripts ?? [])))),
    ...(await Promise.all(options.guest.map((file) => streamInput(file, 'guest', folder?.scripts ?? [])))),
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
async function streamInput(
  file: string,
  machine: MachineName,
  scripts: readonly string[],
): Promise<StreamInput> {
  const input = await openInput(file);
  try {
    const format = chooseFormat(file, input.head);
    const script = wantsScript(format) ? likeliestScript(scripts) : undefined;
    return { name: basename(file), machine, format: format.name, script, open: () => reopened(file) };
  } finally {
    await input.close();
  }
}

/** Of the scripts in the facts folder the one that names most events; undefined when none names any. */
function likeliestScript(scripts: readonly string[]): string | undefined {
  const named = scripts.map((script) => ({ script, events: readScript(script).byId.size }));
  const best = named.sort((a, b) => b.events - a.events)[0];
  return best !== undefined && best.events > 0 ? best.script : undefined;
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

interface Folder {
  readonly facts: RecordingFacts;
  readonly notUnderstood: readonly { name: string; reason: string }[];
  /** Sources of bpftrace scripts that lie in the folder. */
  readonly scripts: readonly string[];
}

async function readFolder(folder: string, say: Say): Promise<Folder> {
  const files: FactFile[] = [];
  const scripts: string[] = [];
  const names = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new IotraceError('facts-unreadable', `${quoted(folder)} cannot be read as a folder of facts.`, {
      cause: error,
    });
  });
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isFile()) continue;
    const text = await factText(join(folder, entry.name));
    if (text === undefined) continue;
    if (isScript(text)) scripts.push(text);
    else files.push({ name: entry.name, text });
  }
  const { facts, notUnderstood, problems } = readFactsFolder(files);
  for (const { name, line, reason } of problems)
    say(`facts${name === '' ? '' : `, ${quoted(name)}`}${line === 0 ? '' : `, line ${line}`}: ${reason}`);
  return { facts, notUnderstood, scripts };
}

/** The text of a small file that is neither a trace nor a ground truth; undefined for those. */
async function factText(file: string): Promise<string | undefined> {
  const input = await openInput(file);
  const head = Buffer.from(input.head).toString('latin1');
  if (sniffRequestLog(input.head) || sniffFioJson(head) || recognise(input.head) !== undefined) {
    await input.close();
    return undefined;
  }
  const bytes = await allBytes(input.chunks(), MAX_FACT_BYTES);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** A bpftrace script begins a probe somewhere: `tracepoint:kvm:kvm_exit … {`. */
function isScript(text: string): boolean {
  return (
    text.length <= MAX_SCRIPT_CHARACTERS &&
    /^(tracepoint|kprobe|kfunc|fentry|uprobe|BEGIN)\b[^\n]*\{/m.test(text)
  );
}
