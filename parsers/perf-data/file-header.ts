import { readU64, viewOf } from './binary.ts';
import type { ByteSource } from './byte-source.ts';
import { HEADER_BYTES, RECORD } from './record-types.ts';

/** A stretch of the file. */
export interface Section {
  readonly offset: number;
  readonly size: number;
}

/**
 * The beginning of a perf.data file (struct perf_file_header, tools/perf/util/header.h and
 * tools/perf/Documentation/perf.data-file-format.txt of Linux). In pipe mode (`perf record -o -`) there is only a
 * magic number, and everything else comes as records.
 */
export type PerfHeader =
  | { readonly mode: 'pipe'; readonly data: Section }
  | {
      readonly mode: 'file';
      readonly data: Section;
      readonly attributes: Section;
      /** Bytes of one entry in `attributes`: the attribute and the place of its ids. */
      readonly attributeSize: number;
      /** perf did not write the end of the file: it was killed, or is still running. */
      readonly unfinished: boolean;
      /** The file ends before its data do, or before the features behind them do. */
      readonly cut: boolean;
      /** Where the features are, by bit number (FEATURE). */
      readonly features: ReadonlyMap<number, Section>;
    };

/** Bits of the features that are read here (enum in tools/perf/util/header.h). */
export const FEATURE = {
  tracingData: 1,
  hostname: 3,
  osRelease: 4,
  version: 5,
  architecture: 6,
  cpus: 7,
  cpuDescription: 8,
  cpuId: 9,
  totalMemory: 10,
  commandLine: 11,
  eventDescriptions: 12,
  cpuTopology: 13,
  numaTopology: 14,
  sampleTime: 21,
  compressed: 27,
  clockData: 29,
} as const;

const MAGIC = 'PERFILE2';
/** The magic number as a machine of the other byte order writes it. */
const SWAPPED = '2ELIFREP';
/** Before Linux 2.6.38, in either byte order. */
const OLD = ['PERFFILE', 'ELIFFREP'];

const FILE_HEADER_BYTES = 104;
const PIPE_HEADER_BYTES = 16;
/** PERF_ATTR_SIZE_VER0 and the section behind it. */
const MIN_ATTRIBUTE_BYTES = 64 + 16;
/** The kernel takes no attribute above one page. */
const MAX_ATTRIBUTE_BYTES = 4096 + 16;
const FEATURE_BITS = 256;

/** Whether bytes begin like a perf.data file of any version and byte order. */
export function hasPerfMagic(head: Uint8Array): boolean {
  return [MAGIC, SWAPPED, ...OLD].includes(Buffer.from(head.subarray(0, 8)).toString('latin1'));
}

/** Reads the header, or says why the file cannot be read. */
export function readHeader(source: ByteSource): PerfHeader | string {
  const bytes = source.readAt(0, FILE_HEADER_BYTES);
  const magic = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  if (magic === SWAPPED) return 'recorded on a big-endian machine, which is not supported';
  if (OLD.includes(magic)) return 'perf.data version 1, which is not supported';
  if (magic !== MAGIC || bytes.length < PIPE_HEADER_BYTES) return 'not a perf.data file';
  const view = viewOf(bytes);
  const size = readU64(view, 8);
  if (size === PIPE_HEADER_BYTES) {
    return { mode: 'pipe', data: { offset: size, size: source.length - size } };
  }
  if (size !== FILE_HEADER_BYTES || bytes.length < FILE_HEADER_BYTES) return 'damaged file header';
  return readFileHeader(source, view);
}

/** The records of a file of `length` bytes that begins so; undefined in pipe mode, and where the header is damaged. */
export function dataSection(head: Uint8Array, length: number): Section | undefined {
  if (head.length < FILE_HEADER_BYTES || !hasPerfMagic(head)) return undefined;
  const view = viewOf(head);
  const data = readSection(view, 40);
  if (readU64(view, 8) !== FILE_HEADER_BYTES || data.offset > length) return undefined;
  const there = length - data.offset;
  return { offset: data.offset, size: data.size === 0 ? there : Math.min(data.size, there) };
}

/**
 * Where the descriptions of tracepoints end in what perf wrote to a pipe: no sample comes before that, and only they are read at any place.
 * Undefined in a file, and where they do not begin in `head`.
 */
export function pipePrologue(head: Uint8Array): number | undefined {
  if (head.length < PIPE_HEADER_BYTES || !hasPerfMagic(head)) return undefined;
  const view = viewOf(head);
  if (readU64(view, 8) !== PIPE_HEADER_BYTES) return undefined;
  for (let at = PIPE_HEADER_BYTES; at + HEADER_BYTES + 4 <= head.length; ) {
    const size = view.getUint16(at + 6, true);
    if (size < HEADER_BYTES) return undefined;
    // perf pads them to eight bytes.
    if (view.getUint32(at, true) === RECORD.tracingData)
      return at + size + Math.ceil(view.getUint32(at + HEADER_BYTES, true) / 8) * 8;
    at += size;
  }
  return undefined;
}

function readFileHeader(source: ByteSource, view: DataView): PerfHeader | string {
  const attributeSize = readU64(view, 16);
  const attributes = readSection(view, 24);
  const data = readSection(view, 40);
  if (attributeSize < MIN_ATTRIBUTE_BYTES || attributeSize > MAX_ATTRIBUTE_BYTES)
    return 'damaged file header';
  if (!within(attributes, source.length) || data.offset > source.length) return 'damaged file header';
  const unfinished = data.size === 0;
  const there = source.length - data.offset;
  const size = unfinished ? there : Math.min(data.size, there);
  const isWhole = !unfinished && size === data.size;
  const found = isWhole
    ? readFeatures(source, view, data.offset + size)
    : { features: new Map(), missing: 1 };
  return {
    mode: 'file',
    attributes,
    attributeSize,
    data: { offset: data.offset, size },
    unfinished,
    cut: !unfinished && found.missing > 0,
    features: found.features,
  };
}

/** One section per feature bit that is set, in the order of the bits, behind the data; how many are outside the file. */
function readFeatures(
  source: ByteSource,
  header: DataView,
  offset: number,
): { readonly features: ReadonlyMap<number, Section>; readonly missing: number } {
  const bits: number[] = [];
  for (let bit = 0; bit < FEATURE_BITS; bit++) {
    if ((header.getUint8(72 + (bit >> 3)) >> (bit & 7)) & 1) bits.push(bit);
  }
  const table = viewOf(source.readAt(offset, bits.length * 16));
  const features = new Map<number, Section>();
  bits.forEach((bit, i) => {
    if ((i + 1) * 16 > table.byteLength) return;
    const section = readSection(table, i * 16);
    if (within(section, source.length)) features.set(bit, section);
  });
  return { features, missing: bits.length - features.size };
}

/** A section's place and size at `at` of a view. */
export function readSection(view: DataView, at: number): Section {
  return { offset: readU64(view, at), size: readU64(view, at + 8) };
}

/** Whether a section lies inside a file of `length` bytes. */
export function within(section: Section, length: number): boolean {
  return section.offset + section.size <= length;
}
