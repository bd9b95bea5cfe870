import { type FileHandle, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { IotraceError, quoted } from '../errors.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { MANIFEST_SCHEMA, type Manifest, type ManifestStream, printManifest } from './manifest.ts';
import { MANIFEST_MEMBER, REPORT_MEMBER, safeName } from './member-name.ts';
import { writeFileWhole } from './output-file.ts';
import { openBundle } from './read-bundle.ts';

/** A file that goes into a bundle. */
export interface FileInput {
  /** The file as the user gave it. */
  readonly name: string;
  /** Bytes that `open` gives, where they are known; else the file is read once more, to count them. */
  readonly bytes?: number | undefined;
  /** Where those bytes lie in a file as they are. */
  readonly plain?: string | undefined;
  /** The bytes from the start, unpacked if the file was gzip; the same bytes at every call. */
  open(): AsyncIterable<Uint8Array>;
}

/** A raw stream of a tracer. */
export interface StreamInput extends FileInput {
  readonly machine: ManifestStream['machine'];
  readonly format: string;
  readonly clock?: ManifestStream['clock'];
  /** Source of the bpftrace script that wrote it. */
  readonly script?: string | undefined;
}

/** What the application itself says: fio's JSON may have its latency log beside it. */
export interface TruthInput extends FileInput {
  readonly latencies?: FileInput | undefined;
}

/** Everything a bundle is made of. */
export interface BundleInput {
  /** Version of iotrace that writes it. */
  readonly version: string;
  readonly title: string;
  readonly streams: readonly StreamInput[];
  readonly groundTruth?: TruthInput | undefined;
  readonly facts: RecordingFacts;
  readonly factsNotUnderstood?: Manifest['factsNotUnderstood'] | undefined;
  readonly path?: string | undefined;
  readonly tscOffset?: bigint | undefined;
  readonly notes?: readonly string[] | undefined;
  /** Text of report.json. */
  readonly report?: string | undefined;
}

/**
 * Every member's time and mode: the zip format has no "unknown" time. Made from local time because yazl writes local time,
 * so that the bytes do not depend on the time zone.
 */
function memberOptions() {
  return { mtime: new Date(1980, 0, 3), forceDosTimestamp: true, mode: 0o100644 };
}

/**
 * Writes the bundle `target` (replacing it) and returns its manifest. The manifest comes first, so that a bundle that was
 * cut still says what it lacks. The same input gives the same bytes, with the same zlib. Before it gets its name the file
 * is opened once as a reader would: what iotrace writes, iotrace reads. Throws an IotraceError and leaves nothing behind.
 */
export async function writeBundle(target: string, input: BundleInput): Promise<Manifest> {
  const manifest = await describe(input);
  const text = printManifest(manifest);
  const write = (handle: FileHandle) => writeZip(handle, input, manifest, text);
  await writeFileWhole(target, write, async (path) => (await openBundle(path)).close());
  return manifest;
}

/** The manifest of a bundle; files whose bytes are not known are read to count them. */
export async function describe(input: BundleInput): Promise<Manifest> {
  const streams: ManifestStream[] = [];
  for (const [index, stream] of input.streams.entries()) {
    const { name, machine, format, clock, script } = stream;
    const bytes = stream.bytes ?? (await countBytes(stream));
    streams.push({
      member: `raw/${machine}/${index + 1}-${safeName(name)}`,
      name,
      machine,
      format,
      bytes,
      clock,
      script,
    });
  }
  const truth = input.groundTruth;
  return {
    schema: MANIFEST_SCHEMA,
    tool: { name: 'iotrace', version: input.version },
    title: input.title,
    streams,
    groundTruth: truth
      ? {
          ...truthFile(truth),
          latencies: truth.latencies && truthFile(truth.latencies, 'latencies-'),
        }
      : null,
    facts: input.facts,
    factsNotUnderstood: input.factsNotUnderstood ?? [],
    path: input.path,
    tscOffset: input.tscOffset,
    notes: input.notes,
  };
}

function truthFile({ name }: FileInput, prefix = ''): { member: string; name: string } {
  return { member: `truth/${prefix}${safeName(name)}`, name };
}

async function countBytes(file: FileInput): Promise<number> {
  let bytes = 0;
  for await (const chunk of file.open()) bytes += chunk.length;
  return bytes;
}

async function writeZip(
  handle: FileHandle,
  input: BundleInput,
  manifest: Manifest,
  manifestText: string,
): Promise<void> {
  const zip = new ZipFile();
  const options = memberOptions();
  const output = zip.outputStream as Readable;
  const opened: Readable[] = [];
  const fail = (error: Error) => output.destroy(error);
  /** Opens a file when its turn comes. yazl does not pass on the errors of what it reads: `fail` does. */
  const addFile = (member: string, file: FileInput, bytes: number | undefined) =>
    zip.addReadStreamLazy(member, options, (give) => {
      const source = Readable.from(counted(file, bytes)).on('error', fail);
      opened.push(source);
      give(null, source);
    });
  zip.on('error', fail);
  zip.addBuffer(Buffer.from(manifestText), MANIFEST_MEMBER, options);
  for (const [index, { member, bytes }] of manifest.streams.entries()) {
    addFile(member, input.streams[index]!, bytes);
  }
  const truth = input.groundTruth;
  if (truth && manifest.groundTruth) addFile(manifest.groundTruth.member, truth, truth.bytes);
  const latencies = manifest.groundTruth?.latencies;
  if (latencies) addFile(latencies.member, truth!.latencies!, truth!.latencies!.bytes);
  if (input.report !== undefined) zip.addBuffer(Buffer.from(input.report), REPORT_MEMBER, options);
  zip.end();
  try {
    await writeFile(handle, output);
  } finally {
    for (const source of opened) source.destroy();
  }
}

/** The file's bytes, checked against what the manifest, written before them, says. */
async function* counted(file: FileInput, expected: number | undefined): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of file.open()) {
    bytes += chunk.length;
    if (chunk.length > 0) yield chunk;
  }
  if (expected === undefined || bytes === expected) return;
  const facts = `${quoted(file.name)} had ${expected} bytes, and ${bytes} when it was read again.`;
  throw new IotraceError('input-changed', facts, {
    hint: 'It is still being written: stop the tracer first, then import again.',
  });
}
