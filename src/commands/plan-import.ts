/** Raw files of any tracer → what a bundle of them consists of. Looks at every file before anything is read whole. */
import { basename } from 'node:path';
import type { BundleInput, FileInput, StreamInput, TruthInput } from '../bundle/write-bundle.ts';
import { EXIT_CODES, IotraceError } from '../errors.ts';
import type { MachineName, RecordingFacts } from '../trace/recording.ts';
import { version } from '../version.ts';
import { sortFolder } from './import-folder.ts';
import { openInput } from './open-input.ts';
import { perfFacts } from './perf-facts.ts';
import { likeliestScript, readFacts } from './read-facts.ts';
import type { Say } from './say.ts';
import { chooseFormat, wantsScript } from './stream-format.ts';

/** Raw files, as the user names them. */
export interface RawFiles {
  /** A folder of mixed files: traces, ground truth and facts are told by their content. */
  readonly folder?: string | undefined;
  readonly host: readonly string[];
  readonly guest: readonly string[];
  readonly groundTruth?: string | undefined;
  /** fio's latency log, beside its JSON or alone. */
  readonly latencyLog?: string | undefined;
  readonly tscOffset?: bigint | undefined;
  readonly facts?: string | undefined;
  readonly hostNodes?: RecordingFacts['hostNodes'];
  readonly path?: string | undefined;
  readonly title?: string | undefined;
}

/** What a bundle of the files consists of; throws an IotraceError that names the file when one cannot be used. */
export async function planImport(given: RawFiles, title: string, say: Say): Promise<BundleInput> {
  const factsFolder = given.facts ?? given.folder;
  const folder = factsFolder === undefined ? undefined : await readFacts(factsFolder, say);
  const options = await withFolder(given, folder?.scripts ?? [], say);
  if (options.host.length + options.guest.length === 0)
    throw new IotraceError('import-nothing', 'No trace was named.', {
      hint: 'Give a folder of recordings, or --host FILE (and --guest FILE for a guest’s requests).',
      exitCode: EXIT_CODES.usage,
    });
  const streams = [
    ...(await Promise.all(options.host.map((file) => streamInput(file, 'host', folder?.scripts ?? [])))),
    ...(await Promise.all(options.guest.map((file) => streamInput(file, 'guest', folder?.scripts ?? [])))),
  ];
  for (const file of [options.groundTruth, options.latencyLog])
    if (file !== undefined) await (await openInput(file)).close();
  const facts: RecordingFacts = {
    ...joined(folder?.facts ?? {}, await Promise.all(options.host.map(perfFacts))),
    ...(options.tscOffset === undefined ? {} : { tscOffsets: [{ vcpu: 0, offset: options.tscOffset }] }),
    ...(options.hostNodes === undefined ? {} : { hostNodes: options.hostNodes }),
  };
  return {
    version: version(),
    title: options.title ?? title,
    streams,
    groundTruth: truthOf(options),
    facts,
    factsNotUnderstood: folder?.notUnderstood,
    path: options.path,
    tscOffset: options.tscOffset,
  };
}

/** Facts of the folder, and of perf.data files where it has none; notes of both. */
function joined(given: RecordingFacts, perf: readonly RecordingFacts[]): RecordingFacts {
  const notes = [given, ...perf].flatMap((facts) => facts.notes ?? []);
  const all = Object.assign({}, ...perf.toReversed(), given) as RecordingFacts;
  return notes.length === 0 ? all : { ...all, notes };
}

/** The options with what the folder holds filled in; what the user named has precedence. */
async function withFolder(options: RawFiles, scripts: readonly string[], say: Say): Promise<RawFiles> {
  const { folder } = options;
  if (folder === undefined) return options;
  const named = [
    ...options.host,
    ...options.guest,
    ...[options.groundTruth, options.latencyLog].filter((file) => file !== undefined),
  ];
  const sorted = await sortFolder(folder, named, scripts, say);
  return {
    ...options,
    host: [...options.host, ...sorted.host],
    guest: [...options.guest, ...sorted.guest],
    groundTruth: options.groundTruth ?? sorted.groundTruth,
    latencyLog: options.latencyLog ?? sorted.latencyLog,
  };
}

/** A latency log alone is the ground truth itself. */
function truthOf({ groundTruth, latencyLog }: RawFiles): TruthInput | undefined {
  const log = latencyLog === undefined ? undefined : wholeFile(latencyLog);
  return groundTruth === undefined ? log : { ...wholeFile(groundTruth), latencies: log };
}

function wholeFile(file: string): FileInput {
  return { name: basename(file), open: () => reopened(file) };
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
    const { bytes } = input;
    return {
      name: basename(file),
      machine,
      format: format.name,
      script,
      bytes,
      plain: bytes === undefined ? undefined : file,
      open: () => reopened(file),
    };
  } finally {
    await input.close();
  }
}

async function* reopened(file: string): AsyncGenerator<Uint8Array> {
  yield* (await openInput(file)).chunks();
}
