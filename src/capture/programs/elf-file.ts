/**
 * A 64-bit little-endian ELF file (elf(5)), as far as probes need it: its sections, and where in the file an address is.
 * The file is foreign: every number is checked against the file before it is used.
 */
import { type FileHandle, open } from 'node:fs/promises';

/** Section types: tables of symbols, and notes. */
export const SECTION = { symbols: 2, notes: 7, dynamicSymbols: 11 } as const;

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: bigint;
  /** Place in the file and length, bytes. */
  readonly offset: number;
  readonly size: number;
  /** Index of the section it refers to: a symbol table's names. */
  readonly link: number;
}

interface Segment {
  readonly offset: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const SEGMENT_BYTES = 56;
const LOADED = 1;
const IN_MEMORY_ONLY = 8;
/** A QEMU with all debugging symbols has a symbol table of some ten MiB. */
const MOST_BYTES = 128 * 1024 ** 2;

/** An open ELF file. */
export class ElfFile {
  readonly sections: readonly Section[];
  readonly #handle: FileHandle;
  readonly #segments: readonly Segment[];

  private constructor(handle: FileHandle, sections: readonly Section[], segments: readonly Segment[]) {
    this.#handle = handle;
    this.sections = sections;
    this.#segments = segments;
  }

  /** Opens a file; undefined when it is none of these, or may not be read. */
  static async open(path: string): Promise<ElfFile | undefined> {
    const handle = await open(path, 'r').catch(() => undefined);
    if (handle === undefined) return undefined;
    const found = await readTables(handle).catch(() => undefined);
    if (found === undefined) await handle.close();
    return found && new ElfFile(handle, found.sections, found.segments);
  }

  /** What a section holds; empty when the file is shorter than it says. */
  async read({ offset, size, type }: Section): Promise<Buffer> {
    if (type === IN_MEMORY_ONLY) return Buffer.alloc(0);
    return (await readAt(this.#handle, offset, size)) ?? Buffer.alloc(0);
  }

  /** Where in the file the byte of an address is; undefined when it is not loaded from the file. */
  placeOf(address: bigint): number | undefined {
    const segment = this.#segments.find(
      (each) => address >= each.address && address < each.address + each.size,
    );
    return segment && Number(address - segment.address + segment.offset);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readTables(handle: FileHandle) {
  const header = await readAt(handle, 0, HEADER_BYTES);
  // 0x7f 'ELF', 64 bits, little-endian
  if (header === undefined || header.readUInt32BE(0) !== 0x7f454c46 || header.readUInt16BE(4) !== 0x0201)
    return undefined;
  const [segmentAt, sectionAt] = [Number(header.readBigUInt64LE(32)), Number(header.readBigUInt64LE(40))];
  const [segmentCount, sectionCount] = [header.readUInt16LE(56), header.readUInt16LE(60)];
  const segments = await readAt(handle, segmentAt, segmentCount * SEGMENT_BYTES);
  const table = await readAt(handle, sectionAt, sectionCount * SECTION_BYTES);
  if (segments === undefined || table === undefined) return undefined;
  return {
    segments: rows(segments, SEGMENT_BYTES)
      .filter((row) => row.readUInt32LE(0) === LOADED)
      .map(segmentOf),
    sections: await namedSections(handle, table, header.readUInt16LE(62)),
  };
}

function segmentOf(row: Buffer): Segment {
  return {
    offset: row.readBigUInt64LE(8),
    address: row.readBigUInt64LE(16),
    // What of it is in the file.
    size: row.readBigUInt64LE(32),
  };
}

async function namedSections(handle: FileHandle, table: Buffer, namesIndex: number): Promise<Section[]> {
  const bare = rows(table, SECTION_BYTES).map((row) => ({
    nameAt: row.readUInt32LE(0),
    type: row.readUInt32LE(4),
    address: row.readBigUInt64LE(16),
    offset: Number(row.readBigUInt64LE(24)),
    size: Number(row.readBigUInt64LE(32)),
    link: row.readUInt32LE(40),
  }));
  const place = bare[namesIndex];
  const names = place && (await readAt(handle, place.offset, place.size));
  return bare.map(({ nameAt, ...rest }) => ({ name: textAt(names ?? Buffer.alloc(0), nameAt), ...rest }));
}

function rows(table: Buffer, bytes: number): Buffer[] {
  return Array.from({ length: Math.floor(table.length / bytes) }, (_, at) =>
    table.subarray(at * bytes, (at + 1) * bytes),
  );
}

/** A name that a zero ends; '' outside the table. */
export function textAt(names: Buffer, at: number): string {
  const end = names.indexOf(0, at);
  return end === -1 ? '' : names.toString('latin1', at, end);
}

async function readAt(handle: FileHandle, offset: number, size: number): Promise<Buffer | undefined> {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(size) || size > MOST_BYTES) return undefined;
  // The file's own length first, so that no memory is taken for what is not there.
  if (offset + size > (await handle.stat()).size) return undefined;
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await handle.read(buffer, 0, size, offset);
  return bytesRead === size ? buffer : undefined;
}
