/** `iotrace share`: a bundle → its copy for a public bug tracker, checked to give the same report. */
import { rm, stat } from 'node:fs/promises';
import { readJsonObject } from '../../parsers/facts/json-text.ts';
import { ProblemList } from '../../parsers/facts/reading.ts';
import { FORMATS } from '../../parsers/formats.ts';
import { iotraceEvents } from '../../parsers/iotrace-events.ts';
import { truthMembers } from '../bundle/manifest.ts';
import type { Bundle } from '../bundle/read-bundle.ts';
import { openBundleOrRecover } from '../bundle/recover-bundle.ts';
import { type StreamInput, type TruthInput, writeBundle } from '../bundle/write-bundle.ts';
import { IotraceError, quoted } from '../errors.ts';
import { pathByName } from '../paths/index.ts';
import { eventLines, type Sharing } from '../share/event-lines.ts';
import { NumberedAddresses } from '../share/numbered-addresses.ts';
import { Pseudonyms } from '../share/pseudonyms.ts';
import { shareFacts } from '../share/share-facts.ts';
import { shareNote } from '../share/share-note.ts';
import { latencyLogLines, requestLogLines, shareFio } from '../share/share-truth.ts';
import { linesOfStretch, middleStretch, type Stretch, thinRecording } from '../share/thin-recording.ts';
import type { Recording, Source } from '../trace/recording.ts';
import { version } from '../version.ts';
import { type FollowedRecording, followRecording } from './analyze.ts';
import { openRecording } from './open-recording.ts';
import { headOf } from './read-streams.ts';
import { allBytes, MAX_TRUTH_BYTES } from './read-truth.ts';
import type { Say } from './say.ts';
import { sameReport } from './share-check.ts';
import { shareSummary, shareText } from './share-text.ts';

export interface ShareOptions {
  readonly output?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** Bytes the copy may have. */
  readonly maxSize?: number | undefined;
  readonly path?: string | undefined;
  readonly tscHz?: number | undefined;
}

/** Fewer requests have no distribution worth sending. */
const LEAST_REQUESTS = 20;

/** What is to be shared, read once. */
interface Original {
  readonly file: string;
  readonly bundle: Bundle;
  readonly recording: Recording;
  /** Streams that are copies themselves: what they say of rejects is foreign. */
  readonly copies: ReadonlySet<Source>;
  /** Text of the ground truth where it is fio's JSON. */
  readonly fio: string | undefined;
}

/** Writes the copy, or with dryRun nothing; returns the list for stdout. Throws an IotraceError, and then leaves no file. */
export async function share(file: string, options: ShareOptions, say: Say): Promise<string> {
  const bundle = await openBundleOrRecover(file);
  try {
    const { recording, path } = await openRecording(file, options.path, say);
    const followed = followRecording(recording, { path, tscHz: options.tscHz });
    const original = { file, bundle, recording, ...(await detailsOf(bundle, recording)) };
    if (options.dryRun === true) return shareText((await copyOf(original, undefined, undefined)).names);
    const output = options.output ?? `${file.replace(/\.iotrace\.zip$/, '')}-shared.iotrace.zip`;
    if (await isSameFile(output, file))
      throw new IotraceError('share-onto-itself', `${quoted(output)} is the bundle itself.`, {
        hint: 'Name another file with -o.',
      });
    const { names, stretch } = await writeCopy(original, output, followed, options, say);
    for (const line of shareSummary(names)) say(line);
    if (stretch !== undefined)
      say(`kept requests ${stretch.first + 1} to ${stretch.first + stretch.count} of ${stretch.of}`);
    else await sameReport(file, output, options, names, say);
    say(`wrote ${output}: read it before you attach it (iotrace report, unzip -p FILE)`);
    return '';
  } finally {
    await bundle.close();
  }
}

async function detailsOf(bundle: Bundle, recording: Recording): Promise<Pick<Original, 'copies' | 'fio'>> {
  const copies = new Set<Source>();
  for (const [index, stream] of bundle.manifest.streams.entries())
    if (iotraceEvents.sniff(await headOf(bundle.member(stream.member))))
      copies.add(recording.sources[index]!);
  const truth = bundle.manifest.groundTruth;
  const isFio = truth !== null && recording.groundTruth?.kind === 'fio';
  const bytes = isFio ? await allBytes(bundle.member(truth.member), MAX_TRUTH_BYTES) : undefined;
  return { copies, fio: bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8') };
}

/** Writes the whole recording, or as much of it as the size allows: less, until it fits. */
async function writeCopy(
  original: Original,
  output: string,
  followed: FollowedRecording | { failure: string },
  { maxSize = Number.POSITIVE_INFINITY }: ShareOptions,
  say: Say,
): Promise<{ names: Pseudonyms; stretch: Stretch | undefined }> {
  let stretch: Stretch | undefined;
  for (;;) {
    const copy = await copyOf(original, 'failure' in followed ? undefined : followed, stretch);
    await writeBundle(output, copy.input);
    const bytes = (await stat(output)).size;
    if (bytes <= maxSize) return { names: copy.names, stretch };
    const have = stretch?.count ?? ('failure' in followed ? 0 : followed.correlated.requests.length);
    // A little less than the share that fits: what does not shrink with the requests is small.
    const count = Math.min(have - 1, Math.floor(((have * maxSize) / bytes) * 0.95));
    if ('failure' in followed || count < LEAST_REQUESTS) {
      await rm(output);
      const why =
        'failure' in followed
          ? `its requests cannot be followed (${followed.failure})`
          : `fewer than ${LEAST_REQUESTS} requests would be left`;
      throw new IotraceError(
        'share-too-large',
        `The copy has ${bytes} bytes and cannot be made smaller: ${why}.`,
        {
          hint: 'Allow more with --max-size, or record a shorter run.',
        },
      );
    }
    say(`${bytes} bytes with ${have} requests, more than ${maxSize}: trying ${count}`);
    stretch = middleStretch(followed.correlated, count);
  }
}

/** Everything the copy holds, and what was replaced on the way. */
async function copyOf(
  original: Original,
  followed: FollowedRecording | undefined,
  stretch: Stretch | undefined,
): Promise<{ input: Parameters<typeof writeBundle>[1]; names: Pseudonyms }> {
  const { manifest, members } = original.bundle;
  const sharing = { names: new Pseudonyms(), addresses: new NumberedAddresses() };
  const { names } = sharing;
  const isThin = followed !== undefined && stretch !== undefined;
  const thin = isThin
    ? thinRecording(original.recording, followed.correlated, followed.parts, stretch)
    : undefined;
  const recording = thin?.recording ?? original.recording;
  for (const { name } of thin?.without ?? [])
    names.drop(`the stream ${name}`, 'its clock is not related to the others');
  // Command lines first: threads are called after what they name.
  const facts = shareFacts(recording.facts, names);
  const keep = isThin ? linesOfStretch(followed.correlated, stretch) : () => true;
  const streams = recording.sources.map((source, index) =>
    streamOf(source, index, original.recording.sources, original.copies, sharing),
  );
  const listed = new Set([
    'manifest.json',
    ...manifest.streams.map(({ member }) => member),
    ...truthMembers(manifest),
  ]);
  for (const member of members)
    if (!listed.has(member)) names.drop(`the member ${member}`, 'not part of the recording');
  for (const { name, script } of manifest.streams)
    if (script !== undefined)
      names.drop(`the bpftrace script of ${name}`, 'the events it names are already read');
  for (const { name } of manifest.factsNotUnderstood) names.drop(`the fact ${name}`, 'nothing reads it');
  if (manifest.path !== undefined && pathByName(manifest.path) === undefined)
    names.drop(`the path ${manifest.path}`, 'no I/O path has that name');
  const input = {
    version: version(),
    title: titleOf(manifest.title, stretch),
    streams,
    groundTruth: truthOf(original, keep, isThin, names),
    facts,
    path: manifest.path !== undefined && pathByName(manifest.path) !== undefined ? manifest.path : undefined,
    tscOffset: manifest.tscOffset,
    notes: manifest.notes?.map((note) => shareNote(note, names)).filter((note) => note !== undefined),
  };
  // Names inside streams are met when their lines are made.
  for (const stream of streams) for await (const _ of stream.open());
  return { input, names };
}

/** What the report calls the copy. That a host was emulated decides how its times are read. */
function titleOf(title: string, stretch: Stretch | undefined): string {
  const emulated = /\bemulated host\b/.test(title) ? ', an emulated host' : '';
  const part =
    stretch === undefined
      ? ''
      : `, thinned to requests ${stretch.first + 1} to ${stretch.first + stretch.count} of ${stretch.of}`;
  return `shared recording${emulated}${part}`;
}

function streamOf(
  source: Source,
  index: number,
  all: readonly Source[],
  copies: ReadonlySet<Source>,
  sharing: Sharing,
): StreamInput {
  const from = all.find((each) => each === source || each.name === source.name) ?? source;
  const known = FORMATS.some(({ name }) => name === source.format);
  const shown = known ? source : { ...source, format: iotraceEvents.name };
  const name = `${source.machine}-${index + 1}.events`;
  sharing.names.as('stream', source.name, name);
  return {
    name,
    machine: source.machine,
    format: iotraceEvents.name,
    open: () => encoded(eventLines(shown, sharing, !copies.has(from))),
  };
}

function truthOf(
  { bundle, recording, fio }: Original,
  keep: (line: number) => boolean,
  isThin: boolean,
  names: Pseudonyms,
): TruthInput | undefined {
  const truth = recording.groundTruth;
  const log = truth?.log;
  if (log !== undefined) {
    names.as('stream', truth!.source, 'requests.txt');
    return { name: 'requests.txt', open: () => encoded(requestLogLines(log, keep)) };
  }
  const latenciesNs = truth?.latenciesNs;
  const latencies =
    latenciesNs === undefined
      ? undefined
      : { name: 'fio_lat.1.log', open: () => encoded(latencyLogLines(latenciesNs)) };
  if (truth?.kind === 'latency-log' && latencies !== undefined) {
    names.as('stream', truth.source, latencies.name);
    return latencies;
  }
  if (fio !== undefined && isThin) {
    names.drop('the ground truth of fio', 'its means are of all requests, not of the stretch that is kept');
    return undefined;
  }
  const json = fio === undefined ? undefined : shareFio(readJsonObject(fio, new ProblemList()), names);
  if (json === undefined) {
    if (bundle.manifest.groundTruth !== null)
      names.drop('the ground truth', 'neither a request log nor fio’s JSON');
    return undefined;
  }
  names.as('stream', truth!.source, 'fio.json');
  return { name: 'fio.json', open: () => encoded([`${JSON.stringify(json, null, 2)}\n`]), latencies };
}

async function* encoded(pieces: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const found = await stat(one).catch(() => undefined);
  const there = await stat(other);
  return found !== undefined && found.ino === there.ino && found.dev === there.dev;
}
