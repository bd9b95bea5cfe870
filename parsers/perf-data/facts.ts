import type { ClockId } from '../format.ts';
import { clockOf, clockOfNumber, readAttributeRecord, readAttributes } from './attribute.ts';
import { readU64, viewOf } from './binary.ts';
import { type ByteSource, sourceOfBytes } from './byte-source.ts';
import {
  FeatureReader,
  type PerfCpuTopology,
  type PerfNumaNode,
  readCpuTopology,
  readNumaNodes,
} from './features.ts';
import { FEATURE, type PerfHeader, readHeader } from './file-header.ts';

/** What a perf.data file says about the machine and the recording beside its events. What it does not say is undefined. */
export interface PerfFacts {
  readonly hostname: string | undefined;
  readonly osRelease: string | undefined;
  readonly perfVersion: string | undefined;
  readonly architecture: string | undefined;
  readonly cpuDescription: string | undefined;
  readonly cpusOnline: number | undefined;
  readonly cpusAvailable: number | undefined;
  readonly memoryKib: number | undefined;
  /** perf's own command line, one text per argument. */
  readonly commandLine: readonly string[] | undefined;
  readonly cpuTopology: PerfCpuTopology | undefined;
  readonly numaNodes: readonly PerfNumaNode[] | undefined;
  /** The clock of the time stamps. */
  readonly clock: ClockId;
  /** One reading of that clock and of the wall clock at (nearly) the same instant, taken at the start. */
  readonly clockReference:
    | { readonly clock: ClockId; readonly ns: bigint; readonly realtimeNs: bigint }
    | undefined;
  /**
   * For the clock 'local': time = zero + (TSC * multiplier >> shift). Only on machines whose kernel trusts the TSC
   * (perf_event_mmap_page, include/uapi/linux/perf_event.h).
   */
  readonly tscConversion:
    | { readonly shift: number; readonly multiplier: bigint; readonly zero: bigint }
    | undefined;
  /** First and last time stamp, ns of the recording's clock. */
  readonly firstSampleNs: bigint | undefined;
  readonly lastSampleNs: bigint | undefined;
}

/** Records looked at for facts: they stand before the first sample. */
const MAX_EARLY_BYTES = 1 << 24;
/** Largest feature that is looked at. */
const MAX_FEATURE_BYTES = 1 << 20;
const RECORD = {
  sample: 9,
  headerAttr: 64,
  tracingData: 66,
  timeConversion: 79,
  headerFeature: 80,
  compressed: 81,
  compressed2: 83,
} as const;

/** Reads the facts of a perf.data file; undefined when it is none that can be read. Never throws for what it holds. */
export function readPerfFacts(bytes: Uint8Array | ByteSource): PerfFacts | undefined {
  const source = bytes instanceof Uint8Array ? sourceOfBytes(bytes) : bytes;
  const header = readHeader(source);
  if (typeof header === 'string') return undefined;
  const early = readEarlyRecords(source, header);
  const feature = (bit: number) => new FeatureReader(featureBytes(source, header, early, bit));
  const cpus = feature(FEATURE.cpus);
  // In the file, the number of online CPUs comes second.
  const cpusAvailable = cpus.u32();
  const sampleTime = feature(FEATURE.sampleTime);
  return {
    hostname: feature(FEATURE.hostname).text(),
    osRelease: feature(FEATURE.osRelease).text(),
    perfVersion: feature(FEATURE.version).text(),
    architecture: feature(FEATURE.architecture).text(),
    cpuDescription: feature(FEATURE.cpuDescription).text(),
    cpusAvailable,
    cpusOnline: cpus.u32(),
    memoryKib: feature(FEATURE.totalMemory).u64(),
    commandLine: feature(FEATURE.commandLine).texts(),
    cpuTopology: readCpuTopology(feature(FEATURE.cpuTopology), cpusAvailable ?? 0),
    numaNodes: readNumaNodes(feature(FEATURE.numaTopology)),
    clock: clock(source, header, early),
    clockReference: clockReference(feature(FEATURE.clockData)),
    tscConversion: early.tscConversion,
    firstSampleNs: sampleTime.big(),
    lastSampleNs: sampleTime.big(),
  };
}

/** What the records before the first sample say. */
interface EarlyRecords {
  /** Pipe mode: contents of features by bit. */
  readonly features: Map<number, Uint8Array>;
  readonly clocks: Set<ClockId>;
  tscConversion: PerfFacts['tscConversion'];
}

function readEarlyRecords(source: ByteSource, header: PerfHeader): EarlyRecords {
  const early: EarlyRecords = { features: new Map(), clocks: new Set(), tscConversion: undefined };
  const bytes = source.readAt(header.data.offset, Math.min(header.data.size, MAX_EARLY_BYTES));
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const type = view.getUint32(at, true);
    const size = view.getUint16(at + 6, true);
    const isData = type === RECORD.sample || type === RECORD.compressed || type === RECORD.compressed2;
    if (isData || size < 8 || at + size > bytes.length) break;
    readEarlyRecord(early, type, new DataView(bytes.buffer, bytes.byteOffset + at, size));
    // Pipe mode: the formats follow their record, padded to eight bytes.
    if (type === RECORD.tracingData && size >= 12) at += Math.ceil(view.getUint32(at + 8, true) / 8) * 8;
    at += size;
  }
  return early;
}

function readEarlyRecord(early: EarlyRecords, type: number, record: DataView): void {
  if (type === RECORD.headerAttr) {
    const attribute = readAttributeRecord(record);
    if (attribute !== undefined) early.clocks.add(attribute.clock);
  } else if (type === RECORD.headerFeature && record.byteLength >= 16) {
    const content = new Uint8Array(record.buffer, record.byteOffset + 16, record.byteLength - 16);
    early.features.set(readU64(record, 8), content);
  } else if (type === RECORD.timeConversion && record.byteLength >= 32) {
    early.tscConversion = {
      shift: record.getUint16(8, true),
      multiplier: record.getBigUint64(16, true),
      zero: record.getBigUint64(24, true),
    };
  }
}

function featureBytes(source: ByteSource, header: PerfHeader, early: EarlyRecords, bit: number): Uint8Array {
  const place = header.mode === 'file' ? header.features.get(bit) : undefined;
  if (place === undefined) return early.features.get(bit) ?? new Uint8Array(0);
  return source.readAt(place.offset, Math.min(place.size, MAX_FEATURE_BYTES));
}

function clock(source: ByteSource, header: PerfHeader, early: EarlyRecords): ClockId {
  if (header.mode === 'pipe') return early.clocks.size === 1 ? [...early.clocks][0]! : 'unknown';
  const attributes = readAttributes(source, header);
  const found = typeof attributes === 'string' ? 'unknown' : clockOf(attributes);
  return found === 'mixed' ? 'unknown' : found;
}

/** HEADER_CLOCK_DATA: version 1, the clock's number, wall clock and clock in ns. */
function clockReference(reader: FeatureReader): PerfFacts['clockReference'] {
  const version = reader.u32();
  const number = reader.u32();
  const realtimeNs = reader.big();
  const ns = reader.big();
  if (version !== 1 || number === undefined || realtimeNs === undefined || ns === undefined) return undefined;
  return { clock: clockOfNumber(number), ns, realtimeNs };
}
