import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { NO_ROW } from '../trace/units.ts';

/** What of the facts tells the threads of guests apart. */
export type ThreadFacts = Pick<RecordingFacts, 'qemuThreads'>;

/**
 * vCPU id → thread, from the threads that enter a guest. With several guests in one trace those of the facts are taken, else
 * those of a process that also serves the disk (`backend`). Where nothing tells the guests apart, a vCPU number that two threads
 * enter is no one's.
 */
export function vcpuThreads(
  host: Occurrences,
  facts: ThreadFacts,
  backend: ReadonlySet<number> = new Set(),
): ReadonlyMap<number, number> {
  const { table } = host;
  const entries = new Map<number, { vcpu: number; count: number }>();
  const { rows, tid } = host.of('kvm_entry');
  for (let at = 0; at < rows.length; at++) {
    const known = entries.get(tid[at]!);
    if (known === undefined) entries.set(tid[at]!, { vcpu: table.dev[rows[at]!]!, count: 1 });
    else known.count++;
  }
  const threads = new Map<number, number>();
  const unclear = new Set<number>();
  for (const [tid, { vcpu, count }] of ownThreads([...entries], table, facts, backend)) {
    const other = threads.get(vcpu);
    const others = other === undefined ? 0 : entries.get(other)!.count;
    if (count > others) threads.set(vcpu, tid);
    if (Math.min(count, others) > Math.max(count, others) * FEW_ENTRIES) unclear.add(vcpu);
  }
  for (const vcpu of unclear) threads.delete(vcpu);
  return threads;
}

/** A thread that enters a vCPU so much less often than another is one that QEMU has replaced, or of a guest that idles. */
const FEW_ENTRIES = 0.05;

/** Of threads those of this guest, as far as anything tells. */
function ownThreads<Entry>(
  threads: readonly [number, Entry][],
  { tasks }: EventTable,
  { qemuThreads }: ThreadFacts,
  backend: ReadonlySet<number>,
): readonly [number, Entry][] {
  const known = new Set(qemuThreads?.map(({ tid }) => tid));
  const named = threads.filter(([tid]) => known.has(tid));
  if (named.length > 0) return named;
  const processes = new Set([...backend].map((tid) => tasks.get(tid)?.tgid));
  processes.delete(undefined);
  const serving = threads.filter(([tid]) => processes.has(tasks.get(tid)?.tgid));
  return serving.length > 0 ? serving : threads;
}

/** Events only the thread that serves a disk emits, the most telling first. */
const SERVING_EVENTS = [
  'process_blk_task',
  'vhost_vq_used_ring_enqueue',
  'virtio_blk_handle_read',
  'virtio_blk_handle_write',
  'vu_queue_push',
  'virtqueue_push',
  'virtio_notify_irqfd',
  'eventfd_write',
  'sys_enter_io_submit',
];
/** A thread counts when it has at least this share of the busiest thread's events. */
const LEAST_SHARE = 0.2;

/**
 * Threads that serve the traced disk: they issued its host requests, or they work on its virtqueue; with several guests in one
 * trace those of the facts, where any of them do, and none where nothing tells whose they are.
 */
export function backendThreads(
  host: Occurrences,
  hostIssue: Int32Array,
  facts: RecordingFacts,
): ReadonlySet<number> {
  const issuers = busiest(host.table, hostIssue);
  if (issuers.size > 0) return issuers;
  const event = SERVING_EVENTS.find((name) => host.count(name) > 0);
  if (event === undefined) return new Set();
  const known = new Set([...(facts.qemuThreads ?? []), ...(facts.daemonThreads ?? [])].map(({ tid }) => tid));
  const rows = host.rows(event);
  const own = rows.filter((row) => known.has(host.table.tid[row]!));
  if (own.length > 0) return busiest(host.table, own);
  const threads = busiest(host.table, rows);
  return threads.size > 1 && isOfSeveralGuests(host, facts) ? new Set() : threads;
}

/** Whether guests ran that nothing tells apart: some vCPU number is no single thread's. */
export function isOfSeveralGuests(host: Occurrences, facts: ThreadFacts): boolean {
  const { rows } = host.of('kvm_entry');
  const threads = vcpuThreads(host, facts);
  return rows.some((row) => !threads.has(host.table.dev[row]!));
}

/** The threads with most of the rows, NO_ROW left out; none where there are no others. */
function busiest(table: EventTable, rows: Int32Array | Uint32Array): ReadonlySet<number> {
  const counts = new Map<number, number>();
  for (let at = 0; at < rows.length; at++) {
    if (rows[at] === NO_ROW) continue;
    const tid = table.tid[rows[at]!]!;
    counts.set(tid, (counts.get(tid) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return new Set([...counts].filter(([, count]) => count >= most * LEAST_SHARE).map(([tid]) => tid));
}
