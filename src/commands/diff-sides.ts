/** Files and folders of one side of a comparison → runs. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseFioJson, sniffFioJson } from '../../parsers/facts/fio-json.ts';
import type { FioRun } from '../diff/compare-fio.ts';
import type { RecordedRun } from '../diff/recorded-run.ts';
import { requestTimes } from '../diff/request-times.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { version } from '../version.ts';
import { followRecording, reportOf } from './analyze.ts';
import { openInput } from './open-input.ts';
import { openRecording } from './open-recording.ts';
import { allBytes } from './read-truth.ts';
import { reportFailed } from './report-failed.ts';
import type { Say } from './say.ts';

/** All runs of a side: followed recordings, or what fio measured. */
export type Runs =
  | { readonly kind: 'recordings'; readonly runs: readonly [RecordedRun, ...RecordedRun[]] }
  | { readonly kind: 'fio'; readonly runs: readonly [FioRun, ...FioRun[]] };

export interface SideOptions {
  readonly path?: string | undefined;
  readonly tscHz?: number | undefined;
}

const MOST_RUNS = 200;
/** fio's JSON with json+ bins is a few MB. */
const MAX_FIO_BYTES = 1 << 28;

/** Reads files, and of folders the bundles or, without one, the JSON files in them. Throws an IotraceError naming what cannot be compared. */
export async function readSide(paths: readonly string[], options: SideOptions, say: Say): Promise<Runs> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  if (files.length > MOST_RUNS)
    throw new IotraceError(
      'diff-runs',
      `${files.length} runs on one side; at most ${MOST_RUNS} are compared.`,
    );
  const recorded: RecordedRun[] = [];
  const measured: FioRun[] = [];
  for (const file of files) {
    if (await isZip(file)) recorded.push(await recordedRun(file, options, say));
    else measured.push(await fioRun(file, say));
  }
  const [firstRecorded, ...moreRecorded] = recorded;
  const [firstMeasured, ...moreMeasured] = measured;
  if (firstRecorded !== undefined && firstMeasured === undefined)
    return { kind: 'recordings', runs: [firstRecorded, ...moreRecorded] };
  if (firstMeasured !== undefined && firstRecorded === undefined)
    return { kind: 'fio', runs: [firstMeasured, ...moreMeasured] };
  throw new IotraceError(
    'diff-mixed',
    firstRecorded === undefined
      ? `${paths.map(quoted).join(', ')}: no bundle and no fio JSON.`
      : `${paths.map(quoted).join(', ')}: bundles and fio JSON cannot be one side.`,
    {
      hint: 'A side is bundles (NAME.iotrace.zip) or files of fio --output-format=json.',
      exitCode: EXIT_CODES.usage,
    },
  );
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return [path];
  const names = (await readdir(path)).toSorted();
  const bundles = names.filter((name) => name.endsWith('.zip'));
  return (bundles.length > 0 ? bundles : names.filter((name) => name.endsWith('.json'))).map((name) =>
    join(path, name),
  );
}

async function isZip(file: string): Promise<boolean> {
  const input = await openInput(file);
  try {
    return input.head[0] === 0x50 && input.head[1] === 0x4b;
  } finally {
    await input.close();
  }
}

async function recordedRun(file: string, options: SideOptions, say: Say): Promise<RecordedRun> {
  const { recording, title, path } = await openRecording(file, options.path, say);
  const how = { version: version(), title, path, tscHz: options.tscHz };
  const followed = followRecording(recording, how);
  if ('failure' in followed) throw reportFailed(file, followed, recording.sources);
  const model = reportOf(recording, followed, how);
  if (model.requests.matched === 0)
    throw new IotraceError('diff-empty', `${quoted(file)}: no request could be followed from end to end.`, {
      hint: `iotrace report ${quoted(file)} says why.`,
    });
  return { name: nameOf(file), model, times: requestTimes(followed.correlated) };
}

async function fioRun(file: string, say: Say): Promise<FioRun> {
  const input = await openInput(file);
  const bytes = await allBytes(input.chunks(), MAX_FIO_BYTES);
  if (bytes === undefined)
    throw new IotraceError('diff-not-fio', `${quoted(file)} is larger than ${MAX_FIO_BYTES} bytes.`);
  const text = new TextDecoder().decode(bytes);
  if (!sniffFioJson(text))
    throw new IotraceError('diff-not-fio', `${quoted(file)} is neither a bundle nor fio’s JSON.`, {
      hint: 'fio writes it with --output-format=json.',
    });
  const { data, problems } = parseFioJson(text, resolve(file));
  for (const { line, reason } of problems) say(`${quoted(file)}, line ${line}: ${reason}`);
  if (data === undefined)
    throw new IotraceError('diff-not-fio', `${quoted(file)} cannot be read as fio’s JSON.`);
  const { fio, options, requests, meanNs } = data;
  const { iodepth, bs, blocksize, rw, readwrite, ...others } = options;
  const settings = {
    'queue depth': iodepth ?? '1',
    'block size': bs ?? blocksize ?? '4k',
    direction: fio.direction,
    pattern: rw ?? readwrite ?? 'read',
    'fio version': fio.version,
    ...others,
  };
  return { name: nameOf(file), requests, meanNs, settings };
}

/** Folder and name: several runs share a name more often than not. */
function nameOf(file: string): string {
  return file.split('/').slice(-2).join('/');
}
