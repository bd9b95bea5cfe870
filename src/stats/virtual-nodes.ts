/**
 * The guest's own NUMA nodes on the host's: which vCPUs a node has, where QEMU was told to put its memory (docs of -numa and
 * -object memory-backend-*: host-nodes, policy), where its vCPUs ran in this recording. What is not known is null, never a node.
 */
import { commandLineWords, parseQemuOptions, type QemuOption } from '../../parsers/facts/qemu-options.ts';
import type { Correlated } from '../correlate/correlate.ts';
import type { RecordingFacts } from '../trace/recording.ts';

export interface VirtualNode {
  readonly node: number;
  /** Its vCPUs, ascending; null where neither the command line nor the guest says. */
  readonly vcpus: readonly number[] | null;
  /** Host nodes its memory was bound to; null: QEMU leaves that to the kernel. */
  readonly hostNodes: readonly number[] | null;
  /** `bind`, `preferred`, `interleave`; null where nothing is asked for. */
  readonly policy: string | null;
  /** Host nodes its vCPUs ran on, ascending; null where no vCPU of it was seen, or the nodes of CPUs are not known. */
  readonly ranOn: readonly number[] | null;
}

type Values = ReadonlyMap<string, string>;

/** More nodes than QEMU takes (MAX_NODES). */
const MAX_NODES = 128;
const MAX_CPUS = 4096;

/** The guest's nodes by QEMU's command line; empty where that was not recorded, or no guest was. */
export function virtualNodes(correlated: Correlated, facts: RecordingFacts): readonly VirtualNode[] {
  if (facts.qemuCommandLine === undefined || correlated.host === undefined) return [];
  const options = parseQemuOptions(commandLineWords(facts.qemuCommandLine));
  const ran = nodesOfVcpus(correlated, facts);
  const named = options.filter(({ option, values }) => option === 'numa' && values.get('type') === 'node');
  const nodes = named.length === 0 ? [wholeGuest(options)] : named.map(({ values }) => values);
  return nodes.slice(0, MAX_NODES).map((values, at) => {
    const node = Number(values.get('nodeid') ?? at);
    const vcpus = cpusOf(values.get('cpus')) ?? guestCpus(facts, node, nodes.length, ran);
    const backend = objectOf(options, values.get('memdev'));
    const seen = vcpus?.flatMap((vcpu) => [...(ran.get(vcpu) ?? [])]) ?? [];
    return {
      node,
      vcpus,
      hostNodes: hostNodesOf(backend),
      policy: backend?.get('policy') ?? null,
      ranOn: seen.length === 0 ? null : [...new Set(seen)].sort((a, b) => a - b),
    };
  });
}

/** A guest without nodes is one; libvirt names its memory in -machine. */
function wholeGuest(options: readonly QemuOption[]): Values {
  const machine = options.find(({ option, values }) => option === 'machine' && values.has('memory-backend'));
  const memdev = machine?.values.get('memory-backend');
  return new Map(memdev === undefined ? [] : [['memdev', memdev]]);
}

function objectOf(options: readonly QemuOption[], id: string | undefined): Values | undefined {
  return options.find(
    ({ option, values }) => option === 'object' && id !== undefined && values.get('id') === id,
  )?.values;
}

/** `host-nodes=0-1`, or in JSON a list: host-nodes.0, host-nodes.1. */
function hostNodesOf(backend: Values | undefined): readonly number[] | null {
  if (backend === undefined || backend.get('policy') === 'default') return null;
  const listed = [...backend].filter(([key]) => /^host-nodes\.\d+$/.test(key)).map(([, value]) => value);
  return cpusOf(listed.length > 0 ? listed.join(',') : backend.get('host-nodes')) ?? null;
}

/** What the guest itself says of its nodes; a guest of one node has all vCPUs that were seen. */
function guestCpus(
  { guestNodes }: RecordingFacts,
  node: number,
  count: number,
  ran: ReadonlyMap<number, ReadonlySet<number>>,
): readonly number[] | null {
  const told = guestNodes?.find((each) => each.node === node)?.cpus;
  if (told !== undefined) return told;
  return count === 1 && ran.size > 0 ? [...ran.keys()].sort((a, b) => a - b) : null;
}

/** Host nodes by vCPU, from the CPUs its thread entered the guest on. */
function nodesOfVcpus(
  { host, vcpuThreads }: Correlated,
  { hostNodes }: RecordingFacts,
): ReadonlyMap<number, ReadonlySet<number>> {
  const nodeOf = new Map(hostNodes?.flatMap(({ node, cpus }) => cpus.map((cpu) => [cpu, node] as const)));
  const vcpuOf = new Map([...vcpuThreads].map(([vcpu, tid]) => [tid, vcpu]));
  const nodes = new Map<number, Set<number>>();
  const { cpu, tid } = host?.occurrences.of('kvm_entry') ?? { cpu: [], tid: [] };
  for (let at = 0; at < cpu.length; at++) {
    const vcpu = vcpuOf.get(tid[at]!);
    if (vcpu === undefined) continue;
    const own = nodes.get(vcpu) ?? new Set();
    nodes.set(vcpu, own);
    const node = nodeOf.get(cpu[at]!);
    if (node !== undefined) own.add(node);
  }
  return nodes;
}

/** `0-1,4` as numbers; undefined when it is no such list. */
function cpusOf(text: string | undefined): readonly number[] | undefined {
  const parts = text?.split(',').map((part) => /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim()));
  if (parts === undefined || parts.includes(null)) return undefined;
  const cpus = parts.flatMap((part) => {
    const [first, last] = [Number(part![1]), Number(part![2] ?? part![1])];
    return Array.from({ length: Math.max(0, Math.min(last, MAX_CPUS) - first + 1) }, (_, at) => first + at);
  });
  return [...new Set(cpus)].sort((a, b) => a - b);
}
