/** Reading one recording for evidence: rows of points, CPUs, counts, and words for them. */
import type { Side } from '../correlate/side.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW, UNKNOWN_CPU } from '../trace/units.ts';
import type { FindingInput } from './finding.ts';

/** The side that runs on real CPUs: the host, on bare metal the application's machine. */
export function hostSide({ correlated }: FindingInput): Side | undefined {
  return correlated.host ?? (correlated.path.app === 'host' ? correlated.app : undefined);
}

/** CPU a point was stamped on, by request; UNKNOWN_CPU where it was not. */
export function cpusAt(input: FindingInput, point: PointId): Uint16Array {
  const { requests, followed, app } = input.correlated;
  const cpus = new Uint16Array(requests.length).fill(UNKNOWN_CPU);
  const rows = followed.rows.get(point);
  const side = point.startsWith('guest:') ? app : hostSide(input);
  if (rows === undefined || side === undefined) return cpus;
  const { cpu } = side.table;
  for (let request = 0; request < cpus.length; request++)
    if (rows[request] !== NO_ROW) cpus[request] = cpu[rows[request]!]!;
  return cpus;
}

/** Matched requests of which something holds. */
export function countOf({ breakdown }: FindingInput, holds: (request: number) => boolean): number {
  const { matched } = breakdown;
  let count = 0;
  for (let at = 0; at < matched.length; at++) if (holds(matched[at]!)) count++;
  return count;
}

/** Matched requests that were not alone: others were in flight beside them. */
export function countShared({ breakdown, correlated }: FindingInput): number {
  const { matched } = breakdown;
  const { alone } = correlated.inFlight;
  let count = 0;
  for (let at = 0; at < matched.length; at++) if (alone[matched[at]!] === 0) count++;
  return count;
}

/** Whether a request has a point. */
export function hasPoint({ correlated }: FindingInput, point: PointId): (request: number) => boolean {
  const rows = correlated.followed.rows.get(point);
  return (request) => rows !== undefined && rows[request] !== NO_ROW;
}

/** Begin and end of the matched requests on the application's time line, ns. */
export function spanOfRequest({ correlated }: FindingInput, request: number): [from: number, to: number] {
  const from = correlated.requests.start[request]!;
  return [from, from + correlated.requests.total[request]!];
}

/** Node of an actor that stayed on one; undefined where it is not known or there were several. */
export function nodeOfActor({ numa }: FindingInput, actor: string): number | undefined {
  return numa.actors.find((each) => each.actor === actor)?.node ?? undefined;
}

/** Whether VFIO has the drive: for the guest, or for a driver in user space. The memory it may reach is then held in place. */
export function isAssigned({ correlated: { path } }: FindingInput): boolean {
  return path.name.startsWith('vfio-') || /userspace-nvme|spdk$|qsd-nvme$/.test(path.name);
}

/** The node that holds most of QEMU's pages, and their share; undefined when that was not recorded. */
export function memoryNode({ facts }: FindingInput): { node: number; share: number } | undefined {
  const pages = facts.memoryPagesByNode ?? [];
  const all = pages.reduce((sum, each) => sum + each.pages, 0);
  const most = pages.toSorted((a, b) => b.pages - a.pages)[0];
  return most === undefined || all === 0 ? undefined : { node: most.node, share: most.pages / all };
}

/** Where everything should be: at the drive, which cannot move; else at the memory, harder to move than a thread; else at the vCPU. */
export function targetNode(input: FindingInput): number | undefined {
  return nodeOfActor(input, 'drive') ?? memoryNode(input)?.node ?? nodeOfActor(input, 'vCPU');
}

/** CPUs of a host node as taskset and libvirt take them: "0-3,8"; "CPUS" when they are not known. */
export function cpusOfNode({ facts }: FindingInput, node: number): string {
  const cpus = facts.hostNodes?.find((each) => each.node === node)?.cpus ?? [];
  return cpus.length === 0 ? 'CPUS' : ranges([...cpus].sort((a, b) => a - b));
}

function ranges(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < cpus.length; ) {
    let end = start;
    while (end + 1 < cpus.length && cpus[end + 1] === cpus[end]! + 1) end++;
    parts.push(end === start ? `${cpus[start]}` : `${cpus[start]}-${cpus[end]}`);
    start = end + 1;
  }
  return parts.join(',');
}

/** "12 of 500 requests (2 %)". */
export function ofRequests({ breakdown }: FindingInput, count: number): string {
  return ofAll(breakdown.matched.length, count);
}

/** The same of so many. */
export function ofAll(all: number, count: number): string {
  return `${count} of ${all} requests (${Math.round((count / all) * 100)} %)`;
}

/** "12.3 µs" for the sentences of findings. */
export function microseconds(ns: number): string {
  return `${(ns / 1000).toFixed(1)} µs`;
}
