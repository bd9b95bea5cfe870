import { parseClockPairs, sniffClockPairs } from './clock-pairs.ts';
import { findCommandLine } from './command-line.ts';
import { parseConsole, sniffConsole } from './console-notes.ts';
import { parseEventfds, sniffEventfds } from './eventfds.ts';
import type { Facts } from './facts.ts';
import { FactsDraft, type Order } from './facts-draft.ts';
import { parseFactsJson, sniffFactsJson } from './facts-json.ts';
import { sniffFioJson } from './fio-json.ts';
import { parseInterrupts, sniffInterrupts } from './interrupts.ts';
import { readKvmStats } from './kvm-stats.ts';
import { parseMemorySamples, sniffMemorySamples } from './memory-samples.ts';
import { parseNumaMaps, sniffNumaMaps } from './numa-maps.ts';
import { parseLscpu, readDriveNode, readNodeCpus, sniffLscpu } from './numa-nodes.ts';
import { type PathValue, parsePathValues, sniffPathValues } from './path-values.ts';
import { parsePerfStat, sniffPerfStat } from './perf-stat.ts';
import { type Problem, ProblemList } from './reading.ts';
import { sniffRequestLog } from './request-log.ts';
import { printable } from './text-lines.ts';
import { parseThreads, sniffThreads } from './threads.ts';
import { readTscOffsets } from './tsc-offset.ts';

/** A small file as it lay in the folder. The name is untrusted text; only its last part is looked at. */
export interface FactFile {
  readonly name: string;
  readonly text: string;
}

/** What a folder said. */
export interface FolderReading {
  readonly facts: Facts;
  /** Files that no parser takes, with the reason. */
  readonly notUnderstood: readonly { readonly name: string; readonly reason: string }[];
  /** Lines that could not be used, and choices that were made. `name` is '' for the folder as a whole. */
  readonly problems: readonly (Problem & { readonly name: string })[];
}

/** Facts are small; a larger file is a trace or a dump that was put here by mistake. */
const MAX_LENGTH = 4 * 1024 * 1024;

type Side = 'guest' | 'host';

/** What a file's name says where its content cannot. */
interface NameHints {
  readonly side: Side;
  /** The side the name says, undefined where it says none. */
  readonly named: Side | undefined;
  readonly order: Order;
  readonly daemon: boolean;
}

interface Kind {
  sniff(text: string): boolean;
  read(file: FactFile, hints: NameHints, draft: FactsDraft, problems: ProblemList): void;
}

/** What a folder may hold, in the order it is tried. */
const KINDS: readonly Kind[] = [
  { sniff: sniffFactsJson, read: takeFactsJson },
  { sniff: sniffPerfStat, read: takePerfStat },
  { sniff: sniffMemorySamples, read: takeMemorySamples },
  { sniff: sniffPathValues, read: takeSettings },
  { sniff: sniffThreads, read: takeThreads },
  { sniff: sniffEventfds, read: takeEventfds },
  { sniff: sniffClockPairs, read: takeClockPairs },
  { sniff: sniffInterrupts, read: takeInterrupts },
  { sniff: sniffNumaMaps, read: takeNumaMaps },
  { sniff: sniffLscpu, read: takeLscpu },
  { sniff: (text) => findCommandLine(text) !== undefined, read: takeCommandLine },
  { sniff: sniffConsole, read: takeConsole },
];

/**
 * Reads the files of a facts folder. Content decides what a file is; its name only which of two readings it is
 * (a trailing 0 or 1, `before`, `after`) and whose (`host`, `guest`; `spdk`, `qsd`, `daemon`). Interrupts of no
 * named side are the guest's when the folder speaks of a virtual machine (command line, vCPU threads, TSC offset),
 * else the host's. facts.json comes first and wins.
 */
export function readFactsFolder(files: readonly FactFile[]): FolderReading {
  const draft = new FactsDraft();
  const notUnderstood: { name: string; reason: string }[] = [];
  const problems: (Problem & { name: string })[] = [];
  const virtual = files.some((file) => speaksOfGuest(file.text));
  const ordered = [...files].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  for (const file of ordered) {
    const kind = whyNot(file) ?? KINDS.find((entry) => entry.sniff(file.text));
    if (kind === undefined || typeof kind === 'string') {
      notUnderstood.push({ name: file.name, reason: kind ?? 'its content is no fact iotrace knows' });
      continue;
    }
    const found = new ProblemList();
    kind.read(file, nameHints(file.name, virtual), draft, found);
    problems.push(...found.list().map((problem) => ({ ...problem, name: file.name })));
  }
  const { data, problems: late } = draft.finish();
  problems.push(...late.map((problem) => ({ ...problem, name: '' })));
  return { facts: data, notUnderstood, problems };
}

function rank(file: FactFile): number {
  return file.text.length <= MAX_LENGTH && sniffFactsJson(file.text) ? 0 : 1;
}

function whyNot(file: FactFile): string | undefined {
  if (file.text.trim() === '') return 'empty';
  if (file.text.length > MAX_LENGTH) return 'larger than 4 MiB';
  if (sniffRequestLog(new TextEncoder().encode(file.text.slice(0, 65536))))
    return 'a request log: it is ground truth';
  if (sniffFioJson(file.text)) return 'fio JSON: it is ground truth';
  return undefined;
}

function speaksOfGuest(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  if (sniffFactsJson(text)) return /"(?:qemuCommandLine|qemuThreads|tscOffsets)"/.test(text);
  return (
    sniffThreads(text) || findCommandLine(text)?.of === 'qemu' || /\/kvm\/\d+-\d+\//.test(text.slice(0, 4096))
  );
}

function nameHints(name: string, virtual: boolean): NameHints {
  const base = (/[^/\\]*$/.exec(name)?.[0] ?? '').toLowerCase().replace(/\.(txt|log)$/, '');
  const named: Side | undefined = base.includes('host')
    ? 'host'
    : base.includes('guest')
      ? 'guest'
      : undefined;
  const order: Order = /(?:0|before)$/.test(base)
    ? 'before'
    : /(?:1|after)$/.test(base)
      ? 'after'
      : undefined;
  return { side: named ?? (virtual ? 'guest' : 'host'), named, order, daemon: /spdk|qsd|daemon/.test(base) };
}

function warn(problems: ProblemList, reason: string | undefined): void {
  if (reason !== undefined) problems.warning(0, reason);
}

function takeFactsJson(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseFactsJson(file.text);
  problems.addAll(found);
  for (const name of Object.keys(data ?? {}) as (keyof Facts)[]) {
    const value = data?.[name];
    if (value !== undefined) warn(problems, draft.set(name, value, file.name));
  }
}

function takeSettings(file: FactFile, hints: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const settings = parsePathValues(file.text);
  const offsets = readTscOffsets(settings);
  const stats = readKvmStats(settings);
  const nodes = readNodeCpus(settings);
  const drive = readDriveNode(settings);
  for (const reading of [offsets, stats, nodes, drive]) problems.addAll(reading.problems);
  if (offsets.data.length > 0) warn(problems, draft.set('tscOffsets', offsets.data, file.name));
  if (stats.data !== undefined) warn(problems, draft.addKvmStats(hints.order, stats.data));
  const guests = hints.named === 'guest';
  if (nodes.data.length > 0)
    warn(problems, draft.set(guests ? 'guestNodes' : 'hostNodes', nodes.data, file.name));
  if (!guests && drive.data !== undefined) warn(problems, draft.set('driveNode', drive.data, file.name));
  const whose = guests ? 'in the guest: ' : '';
  const notes = settings
    .filter(isPlainSetting)
    .map(({ path, value }) => whose + printable(`${path} = ${value}`));
  if (notes.length > 0) draft.append('notes', notes);
}

/** A setting that no fact is made of: io_poll, scheduler, halt_poll_ns … kept as a note. */
function isPlainSetting({ path }: PathValue): boolean {
  return !/\/debug\/kvm\/\d+-\d+\/|\/numa_node$|(?:^|\/)node\d+\/cpulist$/.test(path);
}

function takeThreads(file: FactFile, hints: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseThreads(file.text);
  problems.addAll(found);
  const daemon = hints.daemon || (data.owner !== undefined && data.owner !== 'qemu');
  warn(problems, draft.set(daemon ? 'daemonThreads' : 'qemuThreads', data.threads, file.name));
}

function takeEventfds(file: FactFile, hints: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseEventfds(file.text);
  problems.addAll(found);
  warn(problems, draft.set(hints.daemon ? 'daemonEventfds' : 'qemuEventfds', data, file.name));
}

function takeClockPairs(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseClockPairs(file.text);
  problems.addAll(found);
  draft.append('hostClockPairs', data);
}

function takeInterrupts(file: FactFile, hints: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseInterrupts(file.text);
  problems.addAll(found);
  warn(problems, draft.addInterrupts(hints.side, hints.order, data));
}

function takeNumaMaps(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseNumaMaps(file.text);
  problems.addAll(found);
  warn(problems, draft.set('memoryPagesByNode', data, file.name));
}

function takeLscpu(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseLscpu(file.text);
  problems.addAll(found);
  warn(problems, draft.set('hostNodes', data, file.name));
}

function takePerfStat(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parsePerfStat(file.text);
  problems.addAll(found);
  warn(problems, draft.set('perfCounts', data, file.name));
}

function takeMemorySamples(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const { data, problems: found } = parseMemorySamples(file.text);
  problems.addAll(found);
  if (data !== undefined) warn(problems, draft.set('memorySamples', data, file.name));
}

function takeCommandLine(file: FactFile, _: NameHints, draft: FactsDraft, problems: ProblemList): void {
  const found = findCommandLine(file.text);
  if (found === undefined) return;
  const name = found.of === 'qemu' ? 'qemuCommandLine' : 'daemonCommandLine';
  warn(problems, draft.set(name, found.text, file.name));
}

function takeConsole(file: FactFile, _: NameHints, draft: FactsDraft): void {
  draft.append('notes', parseConsole(file.text));
}
