/** Writes small perf.data files for tests. SYNTHETIC: the layout is perf's, the contents are invented. */

/** One event: what its attribute says. */
export interface BuiltEvent {
  readonly type?: number;
  readonly config: number;
  readonly sampleType: number;
  readonly readFormat?: number;
  readonly ids?: readonly number[];
  /** The CLOCK_* number, undefined = perf's own clock. */
  readonly clock?: number;
}

/** PERF_SAMPLE_* bits of a tracepoint's samples as perf asks for them. */
export const SAMPLE = {
  ip: 1,
  tid: 2,
  time: 4,
  addr: 8,
  read: 16,
  callchain: 32,
  id: 64,
  cpu: 128,
  period: 256,
  streamId: 512,
  raw: 1024,
  identifier: 65_536,
} as const;

/** What perf records of tracepoints: IP, TID, TIME, CPU, PERIOD, RAW, IDENTIFIER. */
export const USUAL = 0x10587;

/** The format file of a tracepoint with 32- or 64-bit fields: `irq:s32`, `gpa:u64`, laid out in this order from byte 8. */
export function formatText(name: string, id: number, fields: readonly string[]): string {
  let offset = 8;
  const lines = fields.map((field) => {
    const [label, type] = field.split(':') as [string, string];
    const size = Number(type.slice(1)) / 8;
    const line = `\tfield:${type} ${label};\toffset:${offset};\tsize:${size};\tsigned:${type[0] === 's' ? 1 : 0};`;
    offset += size;
    return line;
  });
  const common = '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;';
  return `name: ${name}\nID: ${id}\nformat:\n${common}\n\n${lines.join('\n')}\n\nprint fmt: ""\n`;
}

/** A record: header and payload, padded to eight bytes. */
export function record(type: number, payload: Buffer, misc = 0): Buffer {
  const size = 8 + Math.ceil(payload.length / 8) * 8;
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt16LE(misc, 4);
  bytes.writeUInt16LE(size % 65_536, 6);
  payload.copy(bytes, 8);
  return bytes;
}

/** Numbers as consecutive 64-bit words. */
export function words(...values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 8 * i);
  return bytes;
}

/** Two 32-bit numbers in one 64-bit word. */
export function pair(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The RAW field: its size, the common fields with the tracepoint's number, the data, padded. */
export function raw(id: number, data: Buffer): Buffer {
  const size = Math.ceil((4 + 8 + data.length) / 8) * 8 - 4;
  const bytes = Buffer.alloc(4 + size);
  bytes.writeUInt32LE(size, 0);
  bytes.writeUInt16LE(id, 4);
  data.copy(bytes, 12);
  return bytes;
}

/** A sample of the usual layout. */
export function sample(
  event: BuiltEvent,
  at: { time: number | bigint; cpu?: number; tid?: number; misc?: number },
  data: Buffer,
): Buffer {
  const { time, cpu = 0, tid = 100, misc = 1 } = at;
  const head = words(event.ids![0]!, 0, pair(tid, tid), time, pair(cpu, 0), 1);
  return record(9, Buffer.concat([head, raw(event.config, data)]), misc);
}

/** A whole file. `features` are written behind the data, the tracepoint formats as feature 1. */
export function buildFile(
  events: readonly BuiltEvent[],
  formats: readonly string[],
  records: readonly Buffer[],
  features: ReadonlyMap<number, Buffer> = new Map(),
): Buffer {
  const attributes = events.map((event) => attribute(event));
  const idsAt = 104 + attributes.length * 152;
  let at = idsAt;
  const entries = attributes.map((bytes, i) => {
    const size = 8 * (events[i]!.ids?.length ?? 0);
    const entry = Buffer.concat([bytes, words(at, size)]);
    at += size;
    return entry;
  });
  const ids = events.map((event) => words(...(event.ids ?? [])));
  const data = Buffer.concat(records);
  const all = new Map([...features, [1, tracingData(formats)] as const]);
  const bits = [...all.keys()].sort((a, b) => a - b);
  let place = at + data.length + 16 * bits.length;
  const table = bits.map((bit) => {
    const section = words(place, all.get(bit)!.length);
    place += all.get(bit)!.length;
    return section;
  });
  let mask = 0n;
  for (const bit of bits) mask |= 1n << BigInt(bit);
  const header = Buffer.concat([
    Buffer.from('PERFILE2'),
    words(104, 152, 104, attributes.length * 152, at, data.length, 0, 0, mask, 0, 0, 0),
  ]);
  return Buffer.concat([header, ...entries, ...ids, data, ...table, ...bits.map((bit) => all.get(bit)!)]);
}

/** The same in pipe mode: everything is a record. */
export function buildPipe(
  events: readonly BuiltEvent[],
  formats: readonly string[],
  records: readonly Buffer[],
): Buffer {
  const attributes = events.map((event) =>
    record(64, Buffer.concat([attribute(event), words(...(event.ids ?? []))])),
  );
  const tracing = tracingData(formats);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(tracing.length);
  // This record's own size is 12, as perf writes it: it is not padded.
  const header = Buffer.concat([record(66, Buffer.alloc(0)), size]);
  header.writeUInt16LE(12, 6);
  const padding = Buffer.alloc((8 - (tracing.length % 8)) % 8);
  return Buffer.concat([
    Buffer.from('PERFILE2'),
    words(16),
    ...attributes,
    header,
    tracing,
    padding,
    ...records,
  ]);
}

/** An attribute of 136 bytes with sample_id_all set. */
function attribute(event: BuiltEvent): Buffer {
  const bytes = Buffer.alloc(136);
  const flags = (1 << 18) | (event.clock === undefined ? 0 : 1 << 25);
  bytes.writeUInt32LE(event.type ?? 2, 0);
  bytes.writeUInt32LE(136, 4);
  words(event.config, 1, event.sampleType, event.readFormat ?? 0, flags).copy(bytes, 8);
  bytes.writeInt32LE(event.clock ?? 0, 92);
  return bytes;
}

/** The section of tracepoint formats, all in one group. */
function tracingData(formats: readonly string[]): Buffer {
  const text = (content: string) => Buffer.concat([words(content.length), Buffer.from(content)]);
  const count = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  return Buffer.concat([
    Buffer.from([0x17, 0x08, 0x44]),
    Buffer.from('tracing0.6\0'),
    Buffer.from([0, 8]),
    count(4096),
    Buffer.from('header_page\0'),
    text(''),
    Buffer.from('header_event\0'),
    text(''),
    count(0),
    count(1),
    Buffer.from('group\0'),
    count(formats.length),
    ...formats.map(text),
    count(0),
    count(0),
    words(0),
  ]);
}
