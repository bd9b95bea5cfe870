/**
 * What stands around the samples of a perf.data file: attributes, identifiers, descriptions of tracepoints, features. Taken from a
 * real recording, with events added that it does not have. SYNTHETIC as far as those go.
 */
import { readAttributes } from '../../parsers/perf-data/attribute.ts';
import { sourceOfBytes } from '../../parsers/perf-data/byte-source.ts';
import { FEATURE, readHeader } from '../../parsers/perf-data/file-header.ts';
import { readFormat, type TracepointFormat } from '../../parsers/perf-data/tracepoint-format.ts';
import { readTracingData } from '../../parsers/perf-data/tracing-data.ts';

/** `struct perf_event_attr` without config3, which Linux 6.3 added: perf before it refuses files with it. */
const ATTRIBUTE_BYTES = 128;
/** Behind each attribute: place and size of its event's identifiers. */
const SECTION_BYTES = 16;
const HEADER_BYTES = 104;
const FEATURES_AT = 72;
const FEATURE_BITS = 256;
/** Numbers of events that are added, and their identifiers: above those of the recording. */
const FIRST_NUMBER = 60_000;
const FIRST_ID = 1_000_000_000;

/** The fields that the kernel puts before those of every tracepoint (trace_define_common_fields, kernel/trace/trace_events.c). */
const COMMON = [
  'unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
  'unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;',
  'unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;',
  'int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
];

/** An event with fields of eight bytes from byte 8 on, printed in hexadecimal. */
export interface AddedEvent {
  readonly name: string;
  readonly fields: readonly string[];
}

interface Event {
  readonly attribute: Buffer;
  readonly ids: readonly number[];
}

/** The parts of a file that are not its samples. */
export class PerfHeader {
  readonly formats: ReadonlyMap<string, TracepointFormat>;
  /** Identifiers of each tracepoint's event, one for each CPU. */
  readonly ids: ReadonlyMap<number, readonly number[]>;
  readonly #events: readonly Event[];
  readonly #mask: Buffer;
  readonly #features: readonly Buffer[];

  constructor(file: Buffer, group: string, added: readonly AddedEvent[]) {
    const source = sourceOfBytes(file);
    const parsed = readHeader(source);
    if (typeof parsed === 'string' || parsed.mode === 'pipe') throw new Error('not a file of perf record');
    const attributes = readAttributes(source, parsed);
    if (typeof attributes === 'string') throw new Error(attributes);
    const recorded = attributes.map(({ ids }, index): Event => {
      const at = parsed.attributes.offset + index * parsed.attributeSize;
      const attribute = Buffer.from(file.subarray(at, at + ATTRIBUTE_BYTES));
      attribute.writeUInt32LE(ATTRIBUTE_BYTES, 4);
      return { attribute, ids };
    });
    const like = recorded[0]!;
    const texts = added.map((event, index) => formatText(event, FIRST_NUMBER + index));
    this.#events = [
      ...recorded,
      ...texts.map((_, index) => {
        const attribute = Buffer.from(like.attribute);
        attribute.writeBigUInt64LE(BigInt(FIRST_NUMBER + index), 8);
        const first = FIRST_ID + index * like.ids.length;
        return { attribute, ids: like.ids.map((_id, cpu) => first + cpu) };
      }),
    ];
    this.ids = new Map(this.#events.map(({ attribute, ids }) => [Number(attribute.readBigUInt64LE(8)), ids]));
    this.#mask = file.subarray(FEATURES_AT, FEATURES_AT + FEATURE_BITS / 8);
    const bits = Array.from({ length: FEATURE_BITS }, (_, bit) => bit).filter(
      (bit) => (this.#mask[bit >> 3]! >> (bit & 7)) & 1,
    );
    const section = (bit: number) => {
      const { offset, size } = parsed.features.get(bit)!;
      return file.subarray(offset, offset + size);
    };
    const { formats } = readTracingData(section(FEATURE.tracingData));
    this.formats = new Map(
      [...formats.values(), ...texts.map((text) => readFormat(group, Buffer.from(text))!)].map((format) => [
        format.name,
        format,
      ]),
    );
    this.#features = bits.map((bit) =>
      bit === FEATURE.tracingData ? withGroup(section(bit), group, texts) : section(bit),
    );
  }

  /** What stands before the samples, of which there are so many bytes. */
  before(dataBytes: number): Buffer {
    const ids = this.#events.map((event) => wordsOf(event.ids));
    const stride = ATTRIBUTE_BYTES + SECTION_BYTES;
    let at = HEADER_BYTES + stride * this.#events.length;
    const attributes = this.#events.map(({ attribute }, index) => {
      const entry = Buffer.concat([attribute, wordsOf([at, ids[index]!.length])]);
      at += ids[index]!.length;
      return entry;
    });
    const size = stride * this.#events.length;
    const sections = wordsOf([HEADER_BYTES, stride, HEADER_BYTES, size, at, dataBytes, 0, 0]);
    return Buffer.concat([Buffer.from('PERFILE2'), sections, this.#mask, ...attributes, ...ids]);
  }

  /** What stands behind them, where they end at a place. */
  behind(end: number): Buffer {
    let at = end + SECTION_BYTES * this.#features.length;
    const table = this.#features.map((bytes) => {
      const section = wordsOf([at, bytes.length]);
      at += bytes.length;
      return section;
    });
    return Buffer.concat([...table, ...this.#features]);
  }
}

function wordsOf(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  return bytes;
}

/** A tracepoint's format file. */
function formatText({ name, fields }: AddedEvent, number: number): string {
  const own = fields.map((field, index) => `u64 ${field};\toffset:${8 + 8 * index};\tsize:8;\tsigned:0;`);
  const lines = (each: readonly string[]) => each.map((line) => `\tfield:${line}\n`).join('');
  const print = `"${fields.map((field) => `${field}=0x%Lx`).join(' ')}", ${fields.map((field) => `REC->${field}`).join(', ')}`;
  return `name: ${name}\nID: ${number}\nformat:\n${lines(COMMON)}\n${lines(own)}\nprint fmt: ${print}\n`;
}

/** Descriptions of tracepoints with one more group of them, before all that were there. */
function withGroup(tracing: Buffer, group: string, texts: readonly string[]): Buffer {
  if (texts.length === 0) return tracing;
  const at = groupsAt(tracing);
  const count = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
  const described = texts.map((text) => Buffer.concat([wordsOf([text.length]), Buffer.from(text)]));
  return Buffer.concat([
    tracing.subarray(0, at),
    count(tracing.readUInt32LE(at) + 1),
    Buffer.from(`${group}\0`),
    count(texts.length),
    ...described,
    tracing.subarray(at + 4),
  ]);
}

/** Where the number of groups stands: behind the head, two descriptions of the buffer, and ftrace's own events. */
function groupsAt(tracing: Buffer): number {
  let at = tracing.indexOf(0, 3 + 'tracing'.length) + 1 + 1 + 1 + 4;
  const skipText = () => {
    at += 8 + Number(tracing.readBigUInt64LE(at));
  };
  for (let page = 0; page < 2; page++) {
    at = tracing.indexOf(0, at) + 1;
    skipText();
  }
  const own = tracing.readUInt32LE(at);
  at += 4;
  for (let event = 0; event < own; event++) skipText();
  return at;
}
