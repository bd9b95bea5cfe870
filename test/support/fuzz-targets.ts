/** Every parser as a function of bytes that must not fail, whatever they are. */

import { readScript } from '../../parsers/bpftrace/script.ts';
import { bpftraceJsonWithScript } from '../../parsers/bpftrace-json.ts';
import { bpftraceTextWithScript } from '../../parsers/bpftrace-text.ts';
import { readFactsFolder } from '../../parsers/facts/facts-folder.ts';
import { parseFioJson } from '../../parsers/facts/fio-json.ts';
import { parseFioLatencyLog } from '../../parsers/facts/fio-latency-log.ts';
import { parsePerfStat } from '../../parsers/facts/perf-stat.ts';
import { RequestLogReader } from '../../parsers/facts/request-log.ts';
import type { Format } from '../../parsers/format.ts';
import { FORMATS } from '../../parsers/formats.ts';
import { iotraceEvents } from '../../parsers/iotrace-events.ts';
import { readPerfFacts } from '../../parsers/perf-data/facts.ts';
import { ZstdStream } from '../../parsers/zstd/zstd-stream.ts';
import { StrictSink } from './strict-sink.ts';

/** A parser under test. */
export interface FuzzTarget {
  readonly name: string;
  /** Folders of test/fixtures whose files it begins with. */
  readonly fixtures: readonly string[];
  /** Further input to begin with, drawn. */
  readonly seeds: readonly Uint8Array[];
  /** Reads bytes; `pieceBytes` is the size of the chunks they come in. Throws, or rejects, only where the parser is wrong. */
  run(bytes: Uint8Array, pieceBytes: number): Promise<Outcome>;
}

/** What may not depend on how a stream is cut into chunks. */
export type Outcome = readonly number[];

const SCRIPT =
  'tracepoint:kvm:kvm_exit { @e[nsecs, cpu] = (1, tid, args->exit_reason); }\nkprobe:eventfd_signal { @e[nsecs, cpu] = (2, tid, arg0); }';

const FIXTURES: Readonly<Record<string, readonly string[]>> = {
  'perf.data': ['perf-data'],
  'QEMU simple trace': ['qemu-simple-trace'],
  'tracefs text': ['ftrace'],
  'perf script': ['perf-script'],
  blkparse: ['blkparse'],
  blktrace: ['blktrace'],
  'QEMU trace log': ['qemu-trace-log'],
  'bpftrace JSON': ['bpftrace'],
  'bpftrace text': ['bpftrace'],
  'spdk_trace JSON': ['spdk-trace'],
};

/** A shared bundle's events, by the top comment of parsers/iotrace-events.ts. */
const EVENT_LINES = `# iotrace events 1
format tracefs text
clock unknown
unit ns
rounding 500
records 3
unused 1
claimed 4
overwritten 0
kind 0 kvm_exit
kind 1 irq_handler_entry
string 1 virtio1-req.0
task 5301 5290 CPU 0/KVM
task 0 - swapper
start 816 401128000
0 0 2 5301 0 1 0
lost 2 17
1 1500 3 0 1 25 0
0 -20 2 5301 0 - 0
reject 3 4711 52 a reason
`;

/** All targets: the formats of FORMATS, and the readers of small files. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...FORMATS.map((format) => formatTarget(format, format.name)),
  formatTarget(bpftraceJsonWithScript(SCRIPT), 'bpftrace JSON with a script', ['bpftrace']),
  formatTarget(bpftraceTextWithScript(SCRIPT), 'bpftrace text with a script', ['bpftrace']),
  textTarget('facts of perf.data', ['perf-data'], (_text, bytes) => readPerfFacts(bytes)),
  textTarget('zstd', ['zstd'], (_text, bytes) => new ZstdStream(() => {}).push(bytes)),
  textTarget('bpftrace script', ['bpftrace'], (text) => readScript(text)),
  textTarget('fio JSON', ['facts', 'fio'], (text) => parseFioJson(text)),
  textTarget('fio latency log', ['fio'], (_text, bytes) => parseFioLatencyLog(bytes)),
  { name: 'request log', fixtures: ['facts'], seeds: [], run: readRequestLog },
  textTarget('perf stat', ['facts'], (text) => parsePerfStat(text)),
  textTarget('folder of facts', ['facts', 'facts/spdk-nvme', 'facts/unvme-fastpath'], (text) =>
    readFactsFolder([
      { name: 'a0', text },
      { name: 'a1', text },
    ]),
  ),
];

function formatTarget(format: Format, name: string, fixtures = FIXTURES[format.name] ?? []): FuzzTarget {
  return {
    name,
    fixtures,
    seeds: format === iotraceEvents ? [Buffer.from(EVENT_LINES)] : [],
    async run(bytes, pieceBytes) {
      format.sniff(bytes.subarray(0, 65_536));
      const sink = new StrictSink();
      const report = await format.parse(pieces(bytes, pieceBytes), sink);
      sink.finish();
      return [sink.digest, sink.events, sink.losses, sink.rejects, report.records, report.unused];
    },
  };
}

function textTarget(
  name: string,
  fixtures: readonly string[],
  read: (text: string, bytes: Uint8Array) => unknown,
): FuzzTarget {
  return {
    name,
    fixtures,
    seeds: [],
    async run(bytes) {
      read(Buffer.from(bytes).toString('utf8'), bytes);
      return [];
    },
  };
}

async function readRequestLog(bytes: Uint8Array, pieceBytes: number): Promise<Outcome> {
  const reader = new RequestLogReader();
  for await (const piece of pieces(bytes, pieceBytes)) reader.push(piece);
  const { data, problems } = reader.finish();
  const lines = problems.reduce((sum, { line, reason }) => sum + line + reason.length, 0);
  return [data?.requests ?? 0, data?.meanNs ?? 0, data?.log.sector.at(-1) ?? 0, problems.length, lines];
}

async function* pieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.slice(at, at + pieceBytes);
}
