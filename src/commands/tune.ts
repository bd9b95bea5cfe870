/** `iotrace tune`: a recording and its domain XML → what was asked, what was in force, and the XML that asks for what would help. */
import { readFile, stat } from 'node:fs/promises';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { LONGEST_POLL_NS } from '../findings/poll-window.ts';
import { describeDomain } from '../libvirt/describe.ts';
import { type Domain, type DomainDisk, readDomain } from '../libvirt/domain.ts';
import { type Edit, unifiedDiff } from '../libvirt/edits.ts';
import { MAX_XML_CHARACTERS, normalised, readXml } from '../libvirt/read-xml.ts';
import { cpuset, cpusOf, hasOwnNodes, tuneDomain, type Wanted } from '../libvirt/tune-domain.ts';
import { escapeTerminal } from '../render/escape.ts';
import type { ReportModel } from '../report/report-model.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { version } from '../version.ts';
import { analyze } from './analyze.ts';
import { openRecording } from './open-recording.ts';
import { reportFailed } from './report-failed.ts';
import type { Say } from './say.ts';

export interface TuneOptions {
  /** File of the domain XML; '-' is stdin. */
  readonly xml: string;
  /** Target of the traced disk ('vdb'), where the domain has several virtio disks. */
  readonly disk?: string | undefined;
}

/** Findings whose fix is a place for threads and memory. */
const PLACEMENT: ReadonlySet<string> = new Set(['iothread-node', 'drive-node', 'memory-node', 'not-pinned']);

/** Findings this command has an answer to; others need more than a setting of the domain. */
const TUNED: ReadonlySet<string> = new Set([
  ...PLACEMENT,
  ...['main-loop', 'single-queue', 'aio-threads', 'kick-while-polling', 'poll-window'],
]);

/** Lines that begin with '#', then a unified diff against the XML: `patch` takes the whole. */
export async function tune(file: string, options: TuneOptions, say: Say): Promise<string> {
  const text = normalised(await xmlText(options.xml));
  const domain = readDomain(readXml(text));
  const { recording, title } = await openRecording(file, undefined, say);
  const report = analyze(recording, { version: version(), title });
  if ('failure' in report) throw reportFailed(file, report, recording.sources);
  const disk = diskOf(domain, options.disk);
  const wanted = wantedBy(report, recording.facts, domain);
  const edits = disk === undefined ? [] : tuneDomain(text, domain, disk, wanted);
  const name = options.xml === '-' ? 'domain.xml' : options.xml;
  const comment = [
    'asked for by the XML:',
    ...describeDomain(domain).map((line) => `  ${line}`),
    'in force in the recording:',
    ...inForce(report, domain).map((line) => `  ${line}`),
    ...reasons(report, disk, edits, wanted),
    ...(wanted.node !== undefined && hasOwnNodes(domain)
      ? ['the guest has several NUMA nodes of its own: its pins and memory are left as they are']
      : []),
  ];
  const head = comment.map((line) => `# ${escapeTerminal(line)}\n`).join('');
  return head + escapeLines(unifiedDiff(text, edits, [name, `${name} (tuned)`]));
}

/** The diff holds the user's own XML; control characters in it must not reach a terminal. Tabs stay. */
function escapeLines(diff: string): string {
  return diff
    .split('\n')
    .map((line) => line.split('\t').map(escapeTerminal).join('\t'))
    .join('\n');
}

async function xmlText(file: string): Promise<string> {
  try {
    if (file === '-') return await stdinText();
    const { size } = await stat(file);
    if (size > 4 * MAX_XML_CHARACTERS) throw new Error(`it has ${size} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new IotraceError('xml-unreadable', `${quoted(file)} cannot be read as a domain XML.`, {
      cause: error,
      hint: 'virsh dumpxml DOMAIN > FILE writes one.',
    });
  }
}

async function stdinText(): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes > 4 * MAX_XML_CHARACTERS) throw new Error('too long');
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The disk that was traced: the only virtio disk, or the one named. Undefined when libvirt attaches none. */
function diskOf({ disks }: Domain, target: string | undefined): DomainDisk | undefined {
  const virtio = disks.filter(({ bus }) => bus === 'virtio');
  const named = target === undefined ? virtio : disks.filter((disk) => disk.target === target);
  if (named.length === 1 || (named.length === 0 && target === undefined)) return named[0];
  const known = disks.map((disk) => disk.target).join(', ');
  throw new IotraceError(
    'disk-unknown',
    target === undefined
      ? `The domain has ${virtio.length} virtio disks.`
      : `The domain has no disk ${quoted(target)}.`,
    { hint: `--disk TARGET says which was traced: ${known}.`, exitCode: EXIT_CODES.usage },
  );
}

/** What the findings of a report ask of an XML. */
export function wantedBy(report: ReportModel, facts: RecordingFacts, { vcpus }: Domain): Wanted {
  const found = new Set(report.findings.map(({ id }) => id));
  const node = [...found].some((id) => PLACEMENT.has(id)) ? targetNode(report, facts) : undefined;
  const device = report.stages.find(({ id }) => id === 'device');
  return {
    ...(node === undefined ? {} : { node }),
    ...(found.has('main-loop') ? { iothread: true } : {}),
    ...(found.has('single-queue') && vcpus !== undefined ? { queues: vcpus } : {}),
    ...(found.has('aio-threads') ? { io: 'io_uring' as const } : {}),
    ...(found.has('kick-while-polling') ? { eventIdxOff: true } : {}),
    // Nine of ten completions come within the window, where that is worth a CPU.
    ...(found.has('poll-window') && device !== undefined && device.p90Ns <= LONGEST_POLL_NS
      ? { pollMaxNs: Math.ceil(device.p90Ns) }
      : {}),
  };
}

/** The node to be on: the drive's, else the one with most memory, else the vCPU's. Undefined where nodes are not known. */
function targetNode({ numa }: ReportModel, { hostNodes }: RecordingFacts): Wanted['node'] {
  const nodeOf = (actor: string) => numa.actors.find((each) => each.actor === actor)?.node ?? undefined;
  const memory = numa.memoryPagesByNode?.toSorted((a, b) => b.pages - a.pages)[0]?.node;
  const node = nodeOf('drive') ?? memory ?? nodeOf('vCPU');
  const cpus = hostNodes?.find((each) => each.node === node)?.cpus;
  if (node === undefined || cpus === undefined || cpus.length === 0) return undefined;
  return { node, cpus: [...cpus].sort((a, b) => a - b) };
}

/** Where things really were, beside what was asked. */
function inForce({ numa, path }: ReportModel, domain: Domain): string[] {
  const asked: Record<string, readonly string[]> = {
    vCPU: domain.vcpupin.map((pin) => pin.cpuset),
    'back-end thread': domain.iothreadpin.map((pin) => pin.cpuset),
  };
  const actors = numa.actors
    .filter(({ cpus }) => cpus.length > 0)
    .map(({ actor, cpus, node }) => {
      const pins = (asked[actor] ?? []).flatMap(cpusOf);
      const outside = pins.length === 0 ? [] : cpus.filter((cpu) => !pins.includes(cpu));
      const differs = outside.length === 0 ? '' : `: CPUs ${cpuset(outside)} are not those the XML asks for`;
      return `${actor} ran on CPUs ${cpuset(cpus)}${node === null ? '' : ` of node ${node}`}${differs}`;
    });
  const memory = numa.memoryPagesByNode?.map(({ node, pages }) => `${pages} pages on node ${node}`) ?? [];
  return [
    `path ${path.name}`,
    ...actors,
    memory.length === 0 ? 'memory: not recorded' : `memory: ${memory.join(', ')}`,
  ];
}

function reasons(
  report: ReportModel,
  disk: DomainDisk | undefined,
  edits: readonly Edit[],
  { pollMaxNs }: Wanted,
): string[] {
  const found = report.findings
    .map(({ id }) => id)
    .filter((id) => TUNED.has(id) && (id !== 'poll-window' || pollMaxNs !== undefined))
    .join(', ');
  if (disk === undefined) return ['the domain has no virtio disk of libvirt’s own: nothing here is changed'];
  const caveat = report.findings.find(({ gain }) => gain?.caveat)?.gain?.caveat;
  const doubt =
    caveat == null || pollMaxNs === undefined ? [] : [`a poll window is the recording’s: ${caveat}`];
  if (edits.length > 0) return [`changed for disk ${disk.target} because of: ${found}`, ...doubt];
  return [`nothing to change${found === '' ? '' : ` in the XML for: ${found}`}`];
}
