import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventSink } from '../../parsers/event-sink.ts';
import type { Format, ParseReport } from '../../parsers/format.ts';

/** One event as a parser handed it over. */
export interface Row {
  readonly name: string;
  readonly sec: number;
  readonly nsec: number;
  readonly cpu: number;
  readonly tid: number;
  readonly dev: number;
  readonly tag: number;
  readonly aux: number;
}

/** Everything a parser said about a stream. */
export interface Parsed {
  readonly report: ParseReport;
  readonly rows: readonly Row[];
  readonly strings: readonly string[];
  readonly tasks: ReadonlyMap<number, { comm: string; tgid: number | undefined }>;
  readonly losses: readonly { cpu: number; count: number | undefined; row: number }[];
  readonly rejects: readonly { reason: string; offset: number; line: number }[];
}

/** Parses a text or bytes given in chunks of `chunkBytes` and keeps what the sink was told. */
export async function parseAll(
  format: Format,
  input: string | Uint8Array,
  chunkBytes = 100,
): Promise<Parsed> {
  const rows: Row[] = [];
  const strings = [''];
  const tasks = new Map<number, { comm: string; tgid: number | undefined }>();
  const losses: { cpu: number; count: number | undefined; row: number }[] = [];
  const rejects: { reason: string; offset: number; line: number }[] = [];
  const sink: EventSink = {
    event(kind, sec, nsec, cpu, tid, dev, tag, aux) {
      rows.push({ name: EVENT_KINDS[kind]!.name, sec, nsec, cpu, tid, dev, tag, aux });
    },
    string(text) {
      if (!strings.includes(text)) strings.push(text);
      return strings.indexOf(text);
    },
    task: (tid, comm, tgid) => void tasks.set(tid, { comm, tgid }),
    lost: (cpu, count) => void losses.push({ cpu, count, row: rows.length }),
    reject: (reason, offset, line) => void rejects.push({ reason, offset, line }),
  };
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const report = await format.parse(chunks(bytes, chunkBytes), sink);
  return { report, rows, strings, tasks, losses, rejects };
}

async function* chunks(bytes: Uint8Array, chunkBytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}
