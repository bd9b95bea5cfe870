/** `iotrace import FOLDER`: which of a folder's mixed files are traces, of which machine, and which is the ground truth. */
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { blktrace } from '../../parsers/blktrace.ts';
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventSink } from '../../parsers/event-sink.ts';
import { sniffFioJson } from '../../parsers/facts/fio-json.ts';
import { sniffFioLatencyLog } from '../../parsers/facts/fio-latency-log.ts';
import { sniffRequestLog } from '../../parsers/facts/request-log.ts';
import { foreignFormat } from '../../parsers/foreign-formats.ts';
import type { Format } from '../../parsers/format.ts';
import { GUEST_EVENTS, HOST_EVENTS } from '../correlate/misplaced.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { openInput } from './open-input.ts';
import { likeliestScript } from './read-facts.ts';
import type { Say } from './say.ts';
import { chooseFormat, recognise, wantsScript } from './stream-format.ts';

/** Files of a folder by what they are; everything else in it may be a fact. */
export interface SortedFolder {
  readonly host: readonly string[];
  readonly guest: readonly string[];
  readonly groundTruth: string | undefined;
  /** fio's latencies of single requests. */
  readonly latencyLog: string | undefined;
}

/** More than blktrace takes at once. */
const MOST_DEVICES = 64;

/** What the events of a stream say of where it was recorded. */
type Evidence = 'host' | 'guest' | 'either' | 'none';

/** A trace of the folder. */
interface Trace {
  readonly file: string;
  readonly evidence: Evidence;
  /** Devices of a trace that holds the events of some CPUs only, as text; undefined for any other. */
  readonly devices: string | undefined;
  readonly cpus: ReadonlySet<number>;
}

/**
 * Sorts a folder by content, never by name. `named` are files the user gave a place already; they are left out; `scripts` are sources of bpftrace scripts, which name the events of some formats. A trace
 * that only one kind of machine can have written goes there; one that either can (a disk's own events) is the guest's
 * beside a host's trace, and the host's where it is alone; files that blktrace wrote of the CPUs of one machine are one. Throws an IotraceError where that is not clear.
 */
export async function sortFolder(
  folder: string,
  named: readonly string[],
  scripts: readonly string[],
  say: Say,
): Promise<SortedFolder> {
  const taken = new Set(named.map((file) => resolve(file)));
  const truths: string[] = [];
  const latencyLogs: string[] = [];
  const traces: Trace[] = [];
  const script = likeliestScript(scripts);
  for (const file of await filesOf(folder)) {
    if (taken.has(resolve(file))) continue;
    const input = await openInput(file);
    const format = recognise(input.head);
    if (isTruth(input.head)) truths.push(file);
    else if (sniffFioLatencyLog(input.head)) latencyLogs.push(file);
    else if (format !== undefined) {
      const reader = wantsScript(format) ? chooseFormat(file, input.head, script) : format;
      traces.push({ file, ...(await evidenceOf(reader, input.chunks())) });
    }
    const foreign = format === undefined ? foreignFormat(input.head) : undefined;
    if (foreign !== undefined)
      say(`left aside: ${quoted(basename(file))} is ${foreign.name}. ${foreign.remedy}`);
    await input.close();
  }
  if (truths.length > 1)
    throw new IotraceError('import-truths', `${quoted(folder)} holds ${truths.length} ground truths.`, {
      hint: `Name one with --ground-truth: ${truths.map((file) => basename(file)).join(', ')}.`,
      exitCode: EXIT_CODES.usage,
    });
  const latencies = latencyLog(latencyLogs);
  for (const file of latencyLogs)
    if (file !== latencies)
      say(
        `left aside: ${quoted(basename(file))} is a latency log of fio; name it with --latency-log to use it`,
      );
  return { ...placed(folder, traces, say), groundTruth: truths[0], latencyLog: latencies };
}

/** Of fio's latency logs the one of whole latencies, which it names so; undefined where there is not exactly one. */
function latencyLog(files: readonly string[]): string | undefined {
  const whole = files.filter((file) => /_lat\.\d+\.log$/.test(file));
  return whole.length === 1 ? whole[0] : undefined;
}

function placed(folder: string, traces: readonly Trace[], say: Say): { host: string[]; guest: string[] } {
  const those = (evidence: Evidence) =>
    traces.filter((trace) => trace.evidence === evidence).map(({ file }) => file);
  for (const file of those('none'))
    say(`left aside: ${quoted(basename(file))} begins like a trace, and holds no event iotrace uses`);
  const [host, guest, either] = [those('host'), those('guest'), those('either')];
  if (either.length === 0) return { host, guest };
  const isOne = isOneRecording(traces.filter(({ evidence }) => evidence === 'either'));
  if (host.length > 0 && guest.length === 0 && isOne) return { host, guest: either };
  if (host.length === 0 && guest.length === 0 && isOne) return { host: either, guest };
  throw new IotraceError(
    'import-machine-unclear',
    `${quoted(folder)}: the events do not tell which machine ${either.map((file) => quoted(basename(file))).join(', ')} is of.`,
    { hint: 'Say it with --host FILE and --guest FILE.', exitCode: EXIT_CODES.usage },
  );
}

/** Whether traces are of one machine: there is one, or they are of the same devices and of different CPUs. */
function isOneRecording(traces: readonly Trace[]): boolean {
  const [first, ...others] = traces;
  if (first === undefined || others.length === 0) return first !== undefined;
  const cpus = new Set(traces.flatMap((trace) => [...trace.cpus]));
  const differ = cpus.size === traces.reduce((sum, trace) => sum + trace.cpus.size, 0);
  return differ && traces.every(({ devices }) => devices !== undefined && devices === first.devices);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new IotraceError('import-folder', `${quoted(folder)} cannot be read as a folder.`, { cause });
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name))
    .sort();
}

function isTruth(head: Uint8Array): boolean {
  return sniffRequestLog(head) || sniffFioJson(Buffer.from(head).toString('latin1'));
}

/** Reads until an event shows that KVM's host wrote it, or to the end. */
async function evidenceOf(format: Format, chunks: AsyncIterable<Uint8Array>): Promise<Omit<Trace, 'file'>> {
  const counts = new KindCounts();
  await format.parse(
    until(() => counts.any(HOST_EVENTS), chunks),
    counts,
  );
  return {
    evidence: counts.evidence(),
    devices: format === blktrace ? counts.devices() : undefined,
    cpus: counts.cpus,
  };
}

async function* until(done: () => boolean, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    if (done()) return;
  }
}

/** Keeps which kinds of events there are, and of what. */
class KindCounts implements EventSink {
  readonly cpus = new Set<number>();
  readonly #seen = new Set<string>();
  readonly #devices = new Set<number>();
  #cpu = -1;
  #dev = -1;

  event(kind: number, _sec: number, _nsec: number, cpu: number, _tid: number, dev: number): void {
    this.#seen.add(EVENT_KINDS[kind]!.name);
    if (cpu === this.#cpu && dev === this.#dev) return;
    this.#cpu = cpu;
    this.#dev = dev;
    this.cpus.add(cpu);
    if (this.#devices.size < MOST_DEVICES) this.#devices.add(dev);
  }
  string(): number {
    return 0;
  }
  task(): void {}
  lost(): void {}
  reject(): void {}

  evidence(): Evidence {
    if (this.any(HOST_EVENTS)) return 'host';
    if (this.any(GUEST_EVENTS)) return 'guest';
    return this.#seen.size > 0 ? 'either' : 'none';
  }

  /** The devices of block events. */
  devices(): string {
    return [...this.#devices].sort((a, b) => a - b).join();
  }

  any(names: readonly string[]): boolean {
    return names.some((name) => this.#seen.has(name));
  }
}
