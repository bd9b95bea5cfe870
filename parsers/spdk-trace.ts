/**
 * `spdk_trace -j` of SPDK 21.07 and later (app/trace/trace.cpp): one JSON document,
 *   {"tsc_rate":2597100000,
 *    "tpoints":[{"name":"BDEV_IO_START","id":192,"new_object":true,"args":[{"name":"type","type":0,"size":8}, …]}, …],
 *    "entries":[{"lcore":3,"tpoint":192,"tsc":1884055050998,"poller":"b258","size":8,
 *                "object":{"id":"i0","value":35253372934400},"args":[1,94113166835088,142136,1]},
 *               {"lcore":3,"tpoint":896,"tsc":…,"object":{"id":"N0","value":…},"related":"i0","args":[…]}, …]}
 *
 * Times are ticks of the TSC; `tsc_rate` is rounded and not used. The lcore is the CPU; threads are not named (tid 0).
 * Each object has an id and says which it was made for, so every row of a request gets the sector of its bdev_io.
 * Offsets and sizes are in blocks of the bdev, and the document does not say how long these are.
 */
import { readCount, readSplitTime, type SplitTime } from './decimal-text.ts';
import { DIRECTION, kindId, packRequest } from './event-kinds.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { type JsonFault, type JsonHandler, JsonScanner } from './json-scanner.ts';

const REJECT = {
  place: 'an entry without lcore, tpoint or tsc',
  tpoint: 'an entry of a tracepoint that the document does not name',
  offset: 'BDEV_IO_START without an offset: an old SPDK',
} as const;

const SECTOR_BYTES = 512;
const MAX_LCORE = 65_534;
const MAX_TPOINT = 0xffffffff;
/** Objects followed at once; spdk_trace's ring holds 32 768 entries per lcore. */
const MOST_OBJECTS = 1 << 20;
const MOST_TPOINTS = 65_536;

/** enum spdk_bdev_io_type (include/spdk/bdev.h). */
const IO_TYPES = new Map([
  [1, DIRECTION.read],
  [2, DIRECTION.write],
  [3, DIRECTION.discard],
  [4, DIRECTION.flush],
]);

const KIND = {
  start: kindId('BDEV_IO_START'),
  done: kindId('BDEV_IO_DONE'),
  nvmeStart: kindId('BDEV_NVME_IO_START'),
  nvmeDone: kindId('BDEV_NVME_IO_DONE'),
  submit: kindId('NVME_PCIE_SUBMIT'),
  complete: kindId('NVME_PCIE_COMPLETE'),
} as const;

const KINDS = new Map<string, number>([
  ['BDEV_IO_START', KIND.start],
  ['BDEV_IO_DONE', KIND.done],
  ['BDEV_NVME_IO_START', KIND.nvmeStart],
  ['BDEV_NVME_IO_DONE', KIND.nvmeDone],
  ['NVME_PCIE_SUBMIT', KIND.submit],
  ['NVME_PCIE_COMPLETE', KIND.complete],
]);

/** spdk_trace's JSON, for a bdev of 512-byte blocks; whether it is one shows against the guest's sectors. */
export const spdkTrace: Format = spdkTraceOfBlocks(SECTOR_BYTES);

/** The same for a bdev of another block size, a multiple of 512. */
export function spdkTraceOfBlocks(blockBytes: number): Format {
  const perBlock = blockBytes / SECTOR_BYTES;
  if (!Number.isInteger(perBlock) || perBlock < 1) throw new RangeError(`${blockBytes} is no block size`);
  return { name: 'spdk_trace JSON', sniff, parse: (chunks, sink) => parse(chunks, sink, perBlock) };
}

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 4096)).toString('latin1');
  return /\{\s*"tsc_rate"\s*:\s*\d+\s*,\s*"tpoints"\s*:/.test(text);
}

async function parse(
  chunks: AsyncIterable<Uint8Array>,
  sink: EventSink,
  sectorsPerBlock: number,
): Promise<ParseReport> {
  const reader = new Reader(sink, sectorsPerBlock);
  const scanner = new JsonScanner(reader);
  reader.place = scanner;
  for await (const chunk of chunks) scanner.push(chunk);
  scanner.finish();
  return { unit: 'ticks', roundingNs: 0, clock: 'x86-tsc', records: reader.records, unused: reader.unused };
}

interface Tracepoint {
  readonly kind: number | undefined;
  readonly args: readonly string[];
}

/** What is read of one entry. */
interface Entry {
  lcore: number;
  tpoint: number;
  time: SplitTime;
  hasTime: boolean;
  size: number;
  object: string;
  related: string;
}

/** Depths: 1 the document, 2 tpoints or entries, 3 one of them, 4 its object or arguments, 5 an argument's description. */
class Reader implements JsonHandler {
  records = 0;
  unused = 0;
  place: { readonly offset: number; readonly line: number } = { offset: 0, line: 0 };
  readonly #sink: EventSink;
  readonly #sectorsPerBlock: number;
  readonly #tpoints = new Map<number, Tracepoint>();
  /** First sector by object id: "i12" a bdev_io, "N12" and "p12" what was made for one. */
  readonly #sectors = new Map<string, number>();
  #depth = 0;
  readonly #keys = ['', '', '', '', '', ''];
  #name = '';
  #id = -1;
  #argNames: string[] = [];
  readonly #args: number[] = [];
  readonly #entry: Entry = newEntry();
  #hasTask = false;

  constructor(sink: EventSink, sectorsPerBlock: number) {
    this.#sink = sink;
    this.#sectorsPerBlock = sectorsPerBlock;
  }

  beginObject(): void {
    this.#depth++;
    if (this.#depth !== 3) return;
    this.#name = '';
    this.#id = -1;
    this.#argNames = [];
    this.#args.length = 0;
    Object.assign(this.#entry, newEntry());
  }

  endObject(): void {
    if (this.#depth === 3 && this.#keys[1] === 'entries') this.#endEntry();
    else if (this.#depth === 3 && this.#keys[1] === 'tpoints') this.#endTracepoint();
    this.#depth--;
  }

  beginArray(): void {
    this.#depth++;
  }

  endArray(): void {
    this.#depth--;
  }

  key(text: Uint8Array, length: number): void {
    if (this.#depth < this.#keys.length) this.#keys[this.#depth] = decode(text, length);
  }

  string(text: Uint8Array, length: number): void {
    const [, list, , key, inner, described] = this.#keys;
    if (list === 'entries') {
      if (this.#depth === 3 && key === 'related') this.#entry.related = decode(text, length);
      else if (this.#depth === 4 && key === 'object' && inner === 'id')
        this.#entry.object = decode(text, length);
      else if (this.#depth === 4 && key === 'args') this.#args.push(-1);
    } else if (list === 'tpoints') {
      if (this.#depth === 3 && key === 'name') this.#name = decode(text, length);
      else if (this.#depth === 5 && key === 'args' && described === 'name' && this.#argNames.length < 32) {
        this.#argNames.push(decode(text, length));
      }
    }
  }

  number(text: Uint8Array, length: number): void {
    const [, list, , key] = this.#keys;
    if (list === 'entries' && this.#depth === 3) this.#entryNumber(key!, text, length);
    else if (list === 'entries' && this.#depth === 4 && key === 'args') {
      if (this.#args.length < 32) this.#args.push(readCount(text, 0, length, Number.MAX_SAFE_INTEGER));
    } else if (list === 'tpoints' && this.#depth === 3 && key === 'id') {
      this.#id = readCount(text, 0, length, MAX_TPOINT);
    }
  }

  literal(): void {}

  broken(reason: JsonFault, offset: number, line: number): void {
    this.#depth = 0;
    this.#sink.reject(reason, offset, line);
  }

  #entryNumber(key: string, text: Uint8Array, length: number): void {
    const entry = this.#entry;
    if (key === 'lcore') entry.lcore = readCount(text, 0, length, MAX_LCORE);
    else if (key === 'tpoint') entry.tpoint = readCount(text, 0, length, MAX_TPOINT);
    else if (key === 'tsc') entry.hasTime = readSplitTime(text, 0, length, entry.time);
    else if (key === 'size') entry.size = readCount(text, 0, length, Number.MAX_SAFE_INTEGER);
  }

  #endTracepoint(): void {
    if (this.#id < 0 || this.#tpoints.size === MOST_TPOINTS) return;
    this.#tpoints.set(this.#id, { kind: KINDS.get(this.#name), args: this.#argNames });
  }

  #endEntry(): void {
    this.records++;
    const { lcore, hasTime, time, tpoint } = this.#entry;
    const { offset, line } = this.place;
    const known = this.#tpoints.get(tpoint);
    if (lcore < 0 || tpoint < 0 || !hasTime) this.#sink.reject(REJECT.place, offset, line);
    else if (known === undefined) this.#sink.reject(REJECT.tpoint, offset, line);
    else if (known.kind === undefined) this.unused++;
    else {
      const sector = this.#sector(known.kind, known);
      if (known.kind === KIND.start && Number.isNaN(sector)) this.#sink.reject(REJECT.offset, offset, line);
      else this.#write(known, time, lcore, sector);
    }
  }

  #write(tpoint: Tracepoint, time: SplitTime, lcore: number, sector: number): void {
    if (!this.#hasTask) this.#sink.task(0, '', undefined);
    this.#hasTask = true;
    this.#sink.event(tpoint.kind!, time.sec, time.nsec, lcore, 0, 0, sector, this.#aux(tpoint));
  }

  #aux(tpoint: Tracepoint): number {
    if (tpoint.kind === KIND.start) {
      const direction = IO_TYPES.get(this.#arg(tpoint, 'type')) ?? DIRECTION.other;
      return packRequest(Math.max(this.#entry.size, 0) * this.#sectorsPerBlock, direction);
    }
    if (tpoint.kind !== KIND.submit && tpoint.kind !== KIND.complete) return 0;
    const cid = this.#arg(tpoint, 'cid');
    return cid <= 0xffff ? cid : -1;
  }

  /** The sector of the bdev_io an entry belongs to, found through its objects; forgets what is done. */
  #sector(kind: number, tpoint: Tracepoint): number {
    const { object, related } = this.#entry;
    const isBdev = kind === KIND.start;
    const blocks = isBdev ? this.#arg(tpoint, 'offset') : -1;
    const own = blocks < 0 ? undefined : blocks * this.#sectorsPerBlock;
    const sector = isBdev ? own : (this.#sectors.get(related) ?? this.#sectors.get(object));
    if (sector === undefined || !Number.isSafeInteger(sector)) return Number.NaN;
    if (kind === KIND.done || kind === KIND.nvmeDone || kind === KIND.complete) this.#sectors.delete(object);
    else if (object !== '' && this.#sectors.size < MOST_OBJECTS) this.#sectors.set(object, sector);
    return sector;
  }

  /** An argument by name, -1 where the tracepoint has none. */
  #arg(tpoint: Tracepoint, name: string): number {
    return this.#args[tpoint.args.indexOf(name)] ?? -1;
  }
}

function newEntry(): Entry {
  return {
    lcore: -1,
    tpoint: -1,
    time: { sec: 0, nsec: 0 },
    hasTime: false,
    size: -1,
    object: '',
    related: '',
  };
}

function decode(text: Uint8Array, length: number): string {
  return Buffer.from(text.buffer, text.byteOffset, Math.min(length, 80)).toString('utf8');
}
