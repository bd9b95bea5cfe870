/**
 * Chooses the path from what the recording shows, never from labels: who issued the host's requests, which interrupts
 * came, which driver the guest used. Every decision leaves a sentence with its count.
 */
import { localBlockDevice } from '../paths/bare-metal-nvme.ts';
import { pathByName } from '../paths/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import { firstAtOrAfter, type Occurrences } from '../trace/occurrences.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import type { HostMatch } from './host-requests.ts';
import { isOfSeveralGuests } from './threads.ts';

export interface DetectInput {
  readonly app: Occurrences;
  readonly appIsGuest: boolean;
  readonly requests: AppRequests;
  readonly host: Occurrences | undefined;
  readonly match: HostMatch | undefined;
  /** Most requests in flight at once: as many may share an interrupt. */
  readonly mostInFlight: number;
  /** Threads that serve the disk, and the vCPU threads, by tid. */
  readonly backend: ReadonlySet<number>;
  readonly vcpuThreads: ReadonlyMap<number, number>;
  readonly facts: RecordingFacts;
}

export interface Detected {
  readonly path: IoPath;
  readonly evidence: readonly string[];
}

/** The path, or a sentence on what would be needed to tell. */
export function detectPath(input: DetectInput): Detected | { readonly unknown: string } {
  const evidence: string[] = [];
  const name = input.appIsGuest ? guestPath(input, evidence) : hostPath(input, evidence);
  if (name === undefined) return { unknown: whyUnknown(input) };
  return { path: pathByName(name)!, evidence };
}

function whyUnknown({ host, backend, facts }: DetectInput): string {
  if (host !== undefined && backend.size === 0 && isOfSeveralGuests(host, facts))
    return 'several guests ran on the host, no block request there carries this one’s sectors, and the facts name no threads of its QEMU';
  if (host !== undefined && lacksIssues(host))
    return 'block requests completed on the host whose issue (block_rq_issue) was not recorded: whether the guest’s are among them cannot be told';
  return 'what serves the guest’s disk left no trace on the host: no block request with its sectors, no VFIO interrupt, no event of QEMU or SPDK';
}

/** "480 of 500", the form of every count in the evidence. */
function of(count: number, all: number): string {
  return `${count} of ${all}`;
}

const NO_GUEST = 'no guest was recorded: the application runs on this machine';
const NO_NVME = 'no NVMe commands: a block device of another driver';

/** The path of a recording of one machine that holds block events and nothing else. */
export function detectedByBlocksAlone(): Detected {
  return { path: localBlockDevice, evidence: [NO_GUEST, NO_NVME] };
}

function hostPath(input: DetectInput, evidence: string[]): string {
  const n = input.requests.length;
  const commands = input.app.count('nvme_setup_cmd');
  const served = servedForGuest(input);
  if (served !== undefined) {
    evidence.push(served);
    return 'virtio-blk-host-only';
  }
  evidence.push(NO_GUEST);
  if (commands < n * 0.5) {
    evidence.push(NO_NVME);
    return localBlockDevice.name;
  }
  evidence.push(`${commands} NVMe commands for ${n} requests`);
  const polled = polledRequests(input);
  if (polled < n * 0.5) {
    evidence.push(`${of(n - polled, n)} requests completed in an interrupt`);
    return 'bare-metal-nvme';
  }
  evidence.push(`${of(polled, n)} requests completed in the submitting task, without an interrupt`);
  return 'bare-metal-nvme-iopoll';
}

/** Who issued the requests serves a guest, whose vCPUs ran: only the host of it was recorded. */
function servedForGuest({ app, requests, facts }: DetectInput): string | undefined {
  if (app.count('kvm_entry') === 0) return undefined;
  const threads = new Set(
    [...(facts.qemuThreads ?? []), ...(facts.daemonThreads ?? [])].map(({ tid }) => tid),
  );
  const theirs = requests.issue.filter((row) => threads.has(app.table.tid[row]!)).length;
  return theirs >= requests.length * 0.5
    ? `the guest was not recorded: ${of(theirs, requests.length)} requests were issued by threads that serve it`
    : undefined;
}

function guestPath(input: DetectInput, evidence: string[]): string | undefined {
  const n = input.requests.length;
  const polled = polledRequests(input);
  if (input.app.count('nvme_setup_cmd') >= n * 0.5) return vfioPath(input, polled, evidence);
  evidence.push('the guest’s disk is not NVMe: its requests go through a virtqueue');
  if (polled >= n * 0.5)
    evidence.push(`${of(polled, n)} requests completed in the guest’s submitting task, without an interrupt`);
  const backend = backendPath(input, evidence);
  return polled >= n * 0.5 && backend?.startsWith('virtio-blk-') === true ? 'virtio-blk-iopoll' : backend;
}

function vfioPath(input: DetectInput, polled: number, evidence: string[]): string {
  const n = input.requests.length;
  evidence.push(
    `${input.app.count('nvme_setup_cmd')} NVMe commands in the guest for ${n} requests: it drives the device itself`,
  );
  if (polled >= n * 0.5) {
    evidence.push(`${of(polled, n)} requests completed in the guest’s submitting task, without an interrupt`);
    return 'vfio-pci-nvme-iopoll';
  }
  const idle = haltpollEvidence(input);
  if (idle !== undefined) {
    evidence.push(idle);
    return 'vfio-pci-nvme-haltpoll';
  }
  return 'vfio-pci-nvme';
}

/** The guest polls before it halts: seen as idle state 0, or said by the guest's own settings. */
function haltpollEvidence(input: DetectInput): string | undefined {
  const idle = input.app.rows('cpu_idle');
  const polling = idle.filter((row) => input.app.table.tag[row] === 0).length;
  const note = input.facts.notes?.find((text) => /cpuidle driver=haltpoll\b/.test(text));
  if (note !== undefined) return 'the guest’s cpuidle driver is haltpoll (guest settings)';
  return idle.length > 0 && polling >= idle.length * 0.25
    ? `${of(polling, idle.length)} idle transitions of the guest enter the polling state`
    : undefined;
}

function backendPath(input: DetectInput, evidence: string[]): string | undefined {
  const { host, match, requests } = input;
  if (host === undefined) return undefined;
  const n = requests.length;
  const spdk = host.count('process_blk_task') + host.count('BDEV_IO_START') > 0;
  if (match !== undefined) {
    const shift = match.shift === 0 ? '' : `, shifted by ${match.shift}`;
    evidence.push(
      `${of(match.matched, n)} requests have a block request with their sector${shift} on the host`,
    );
    if (spdk) {
      evidence.push('SPDK’s vhost target handled them');
      return 'vhost-user-blk-spdk-aio';
    }
    return servedByKernel(input, evidence);
  }
  if (lacksIssues(host)) return undefined;
  evidence.push(
    'no block request on the host carries the guest’s sectors: the drive is driven from user space',
  );
  if (spdk) {
    evidence.push('SPDK’s vhost target handled the requests');
    return 'vhost-user-blk-spdk';
  }
  return servedFromUserSpace(input, evidence);
}

/** The host's requests have sectors only where they complete. */
function lacksIssues(host: Occurrences): boolean {
  return host.count('block_rq_issue') === 0 && host.count('block_rq_complete') > 0;
}

/** Which process's thread issued the host's requests. */
function servedByKernel(input: DetectInput, evidence: string[]): string {
  const { backend } = input;
  const tid = [...backend][0]!;
  const name = threadName(input, tid);
  const qemu = qemuOf(input);
  if (!isOfQemu(input, tid)) {
    evidence.push(`thread ${tid} (${name}) issued them, which is not one of QEMU’s`);
    return 'vhost-user-blk-qsd';
  }
  const main = qemu ?? input.facts.qemuThreads?.[0]?.tid;
  if (tid === main) {
    evidence.push(`QEMU’s main thread ${tid} (${name}) issued them`);
    return 'virtio-blk-main-loop';
  }
  const others = backend.size > 1 ? ` and ${backend.size - 1} more` : '';
  evidence.push(`QEMU’s thread ${tid} (${name})${others} issued them: an IOThread`);
  return 'virtio-blk-iothread';
}

function threadName({ facts, host }: DetectInput, tid: number): string {
  const known = [...(facts.qemuThreads ?? []), ...(facts.daemonThreads ?? [])];
  return known.find((thread) => thread.tid === tid)?.name ?? host!.table.tasks.get(tid)?.comm ?? '?';
}

/** Process of the guest's vCPUs, where the trace tells processes. */
function qemuOf({ host, vcpuThreads }: DetectInput): number | undefined {
  const [vcpu] = vcpuThreads.values();
  return vcpu === undefined ? undefined : host!.table.tasks.get(vcpu)?.tgid;
}

function isOfQemu(input: DetectInput, tid: number): boolean {
  const host = input.host!;
  const process = host.table.tasks.get(tid)?.tgid;
  const qemu = qemuOf(input);
  if (process !== undefined && qemu !== undefined) return process === qemu;
  return input.facts.qemuThreads?.some((thread) => thread.tid === tid) ?? host.count('vu_queue_push') === 0;
}

function servedFromUserSpace(input: DetectInput, evidence: string[]): string | undefined {
  const host = input.host!;
  if (input.backend.size === 0 && isOfSeveralGuests(host, input.facts)) return undefined;
  const n = input.requests.length;
  const interrupts = vfioInterrupts(host);
  const commands = host.count('nvme_kick') + host.count('nvme_submit_command');
  if (host.count('vu_queue_push') >= n * 0.5) {
    evidence.push('qemu-storage-daemon’s export handled them');
    return 'vhost-user-blk-qsd-nvme';
  }
  if (host.count('nvme_aio_prw_aligned') >= n * 0.5) {
    evidence.push(
      `${host.count('nvme_aio_prw_aligned')} requests entered the nvme:// driver without a coroutine`,
    );
    return 'virtio-blk-userspace-nvme-fastpath';
  }
  const least = (n * 0.3) / Math.max(1, input.mostInFlight);
  if (interrupts >= least || host.count('nvme_handle_event') >= least) {
    evidence.push(
      interrupts > 0
        ? `${interrupts} VFIO interrupts on the host for ${n} requests${input.mostInFlight > 1 ? `, up to ${input.mostInFlight} in flight` : ''}`
        : `nvme_handle_event came ${host.count('nvme_handle_event')} times: the drive’s interrupt woke QEMU’s driver`,
    );
    const [tid] = input.backend;
    if (tid === undefined || isOfQemu(input, tid)) return 'virtio-blk-userspace-nvme';
    evidence.push(
      `thread ${tid} (${threadName(input, tid)}) works on the virtqueue, which is not one of QEMU’s`,
    );
    return 'vhost-user-blk-qsd-nvme';
  }
  if (commands >= n * 0.5) {
    evidence.push(
      `QEMU’s NVMe driver rang ${host.count('nvme_kick')} doorbells and only ${interrupts} VFIO interrupts came`,
    );
    return 'virtio-blk-userspace-nvme-pollqueue';
  }
  return undefined;
}

function vfioInterrupts(host: Occurrences): number {
  const { dev } = host.table;
  const byName = host
    .rows('irq_handler_entry')
    .filter((row) => host.table.strings[dev[row]!]?.startsWith('vfio-msi'));
  return Math.max(byName.length, host.count('vfio_msihandler'));
}

/** Requests completed by the task that issued them, with no interrupt on its CPU in between. */
function polledRequests(input: DetectInput): number {
  const { app, requests } = input;
  const { ts, tid, cpu } = app.table;
  const interrupts = app.rows('irq_handler_entry');
  let polled = 0;
  for (let request = 0; request < requests.length; request++) {
    const issue = requests.issue[request]!;
    const complete = requests.complete[request]!;
    if (complete === NO_ROW || tid[issue] !== tid[complete]) continue;
    let interrupted = false;
    for (let at = firstAtOrAfter(ts, interrupts, ts[issue]!); at < interrupts.length; at++) {
      const row = interrupts[at]!;
      if (ts[row]! > ts[complete]!) break;
      if (cpu[row] === cpu[complete] && ts[row]! >= ts[complete]! - SAME_INTERRUPT_NS) interrupted = true;
    }
    if (!interrupted) polled++;
  }
  return polled;
}

/** An interrupt this long before a completion may have caused it. */
const SAME_INTERRUPT_NS = 1_000_000;
