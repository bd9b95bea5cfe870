import { readText, readU64, viewOf } from './binary.ts';
import { readFormat, type TracepointFormat } from './tracepoint-format.ts';

/** Most bytes of descriptions that are read; all tracepoints of a kernel take about 4 MiB. */
export const MAX_TRACING_BYTES = 1 << 26;

const MAGIC = [0x17, 0x08, 0x44, ...Buffer.from('tracing')];
/** Longest name of a tracepoint group that is looked for; the kernel allows 64 bytes. */
const MAX_NAME_BYTES = 256;

/**
 * Reads the section that describes the tracepoints of a recording (tools/perf/util/trace-event-{info,read}.c of
 * Linux): two descriptions of ftrace's own buffers, then ftrace's events and those of each group, as the text of
 * their format files. Gives the formats by tracepoint number; what is damaged or missing at the end is left out and
 * `complete` is false.
 */
export function readTracingData(bytes: Uint8Array): {
  readonly formats: ReadonlyMap<number, TracepointFormat>;
  readonly complete: boolean;
} {
  const formats = new Map<number, TracepointFormat>();
  const reader = new TracingReader(bytes);
  const complete = reader.readHead() && reader.readGroups(formats);
  return { formats, complete };
}

class TracingReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  /** Magic, version text, byte order, size of a long, page size, and the two buffer descriptions. */
  readHead(): boolean {
    if (!MAGIC.every((byte, i) => this.#bytes[i] === byte)) return false;
    this.#at = MAGIC.length;
    if (this.#name() === undefined) return false;
    const isBigEndian = this.#bytes[this.#at] !== 0;
    this.#at += 1 + 1 + 4;
    return !isBigEndian && this.#bufferDescription() && this.#bufferDescription();
  }

  /** `header_page` or `header_event`, and its text, which is not needed. */
  #bufferDescription(): boolean {
    return this.#name() !== undefined && this.#text() !== undefined;
  }

  readGroups(formats: Map<number, TracepointFormat>): boolean {
    if (!this.#events('ftrace', formats)) return false;
    const groups = this.#count();
    for (let i = 0; i < groups; i++) {
      const group = this.#name();
      if (group === undefined || !this.#events(group, formats)) return false;
    }
    return groups >= 0;
  }

  #events(group: string, formats: Map<number, TracepointFormat>): boolean {
    const events = this.#count();
    for (let i = 0; i < events; i++) {
      const text = this.#text();
      if (text === undefined) return false;
      const format = readFormat(group, text);
      if (format !== undefined) formats.set(format.id, format);
    }
    return events >= 0;
  }

  /** -1 at the end of the section. */
  #count(): number {
    if (this.#at + 4 > this.#bytes.length) return -1;
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #name(): string | undefined {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0 || end - this.#at > MAX_NAME_BYTES) return undefined;
    const name = readText(this.#bytes, this.#at, end);
    this.#at = end + 1;
    return name;
  }

  #text(): Uint8Array | undefined {
    if (this.#at + 8 > this.#bytes.length) return undefined;
    const size = readU64(this.#view, this.#at);
    const start = this.#at + 8;
    if (start + size > this.#bytes.length) return undefined;
    this.#at = start + size;
    return this.#bytes.subarray(start, start + size);
  }
}
