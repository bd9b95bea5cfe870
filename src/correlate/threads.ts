import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { NO_ROW } from '../trace/units.ts';

/**
 * vCPU id → thread, from the threads that enter a guest. With several guests in one trace the one of the facts is
 * taken, else the process that enters most.
 */
export function vcpuThreads(host: Occurrences, facts: RecordingFacts): ReadonlyMap<number, number> {
  const { table } = host;
  const entries = new Map<number, { vcpu: number; count: number }>();
  const { rows, tid } = host.of('kvm_entry');
  for (let at = 0; at < rows.length; at++) {
    const known = entries.get(tid[at]!);
    if (known === undefined) entries.set(tid[at]!, { vcpu: table.dev[rows[at]!]!, count: 1 });
    else known.count++;
  }
  const known = new Set(facts.qemuThreads?.map(({ tid }) => tid));
  const ours = [...entries].filter(([tid]) => known.has(tid));
  const process = ours.length > 0 ? ours : [...entries].filter(inBusiestProcess(table, entries));
  const threads = new Map<number, number>();
  for (const [tid, { vcpu, count }] of process) {
    const other = threads.get(vcpu);
    if (other === undefined || count > entries.get(other)!.count) threads.set(vcpu, tid);
  }
  return threads;
}

function inBusiestProcess(
  table: EventTable,
  entries: ReadonlyMap<number, { count: number }>,
): (entry: [number, unknown]) => boolean {
  const byProcess = new Map<number | undefined, number>();
  for (const [tid, { count }] of entries) {
    const process = table.tasks.get(tid)?.tgid;
    byProcess.set(process, (byProcess.get(process) ?? 0) + count);
  }
  const busiest = [...byProcess].sort((a, b) => b[1] - a[1])[0]?.[0];
  return ([tid]) => table.tasks.get(tid)?.tgid === busiest;
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

/** Threads that serve the traced disk: they issued its host requests, or they work on its virtqueue. */
export function backendThreads(host: Occurrences, hostIssue: Int32Array): ReadonlySet<number> {
  const issued = hostIssue.filter((row) => row !== NO_ROW);
  if (issued.length > 0) return busiest(host.table, issued);
  const event = SERVING_EVENTS.find((name) => host.count(name) > 0);
  return event === undefined ? new Set() : busiest(host.table, host.rows(event));
}

function busiest(table: EventTable, rows: Int32Array | Uint32Array): ReadonlySet<number> {
  const counts = new Map<number, number>();
  for (let at = 0; at < rows.length; at++) {
    const tid = table.tid[rows[at]!]!;
    counts.set(tid, (counts.get(tid) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return new Set([...counts].filter(([, count]) => count >= most * LEAST_SHARE).map(([tid]) => tid));
}
