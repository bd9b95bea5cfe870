/** Facts for others: numbers stay, names get pseudonyms, free text stays only where it is known. */
import type { InterruptFact, PerfCountFact, RecordingFacts, ThreadFact } from '../trace/recording.ts';
import { shareInterruptName, shareTaskName } from './known-names.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { shareCommandLine } from './share-command-line.ts';
import { shareNote } from './share-note.ts';

type Fact = keyof RecordingFacts;
type Sharer<Name extends Fact> = (
  value: NonNullable<RecordingFacts[Name]>,
  names: Pseudonyms,
) => RecordingFacts[Name];

const asItIs = <T>(value: T): T => value;

/** What becomes of each fact. A new fact does not compile until it is said here. Command lines first: they hold whole names. */
const SHARERS: { readonly [Name in Fact]-?: Sharer<Name> } = {
  qemuCommandLine: (text, names) => shareCommandLine(text, 'QEMU', names),
  daemonCommandLine: (text, names) => shareCommandLine(text, 'the storage daemon', names),
  qemuThreads: threads,
  daemonThreads: threads,
  qemuEventfds: asItIs,
  daemonEventfds: asItIs,
  tscOffsets: asItIs,
  hostClockPairs: asItIs,
  guestInterrupts: interrupts,
  hostInterrupts: interrupts,
  kvmStats: (stats, names) =>
    Object.fromEntries(Object.entries(stats).filter(([name]) => isKvmStat(name, names))),
  memoryPagesByNode: asItIs,
  hostNodes: asItIs,
  guestNodes: asItIs,
  driveNode: asItIs,
  perfCounts: (counts, names) => counts.map((count) => perfCount(count, names)),
  memorySamples: asItIs,
  // The streams of a shared bundle say what was lost themselves.
  tracerCounts: () => undefined,
  tracingCost: asItIs,
  notes: (notes, names) => notes.map((note) => shareNote(note, names)).filter((note) => note !== undefined),
};

/** The facts of a shared bundle. */
export function shareFacts(facts: RecordingFacts, names: Pseudonyms): RecordingFacts {
  const shared: Partial<Record<Fact, unknown>> = {};
  for (const name of Object.keys(SHARERS) as Fact[]) {
    const value = facts[name];
    if (value !== undefined) shared[name] = (SHARERS[name] as Sharer<Fact>)(value as never, names);
  }
  return shared as RecordingFacts;
}

function threads(list: readonly ThreadFact[], names: Pseudonyms): readonly ThreadFact[] {
  return list.map(({ tid, name }) => ({ tid, name: shareTaskName(name, names) }));
}

function interrupts(list: readonly InterruptFact[], names: Pseudonyms): readonly InterruptFact[] {
  return list.map((row) => ({ ...row, name: shareInterruptName(row.name, names) }));
}

/** Counters of one virtual machine (virt/kvm/kvm_main.c, arch/x86/kvm/x86.c, arch/arm64/kvm/guest.c). */
const KVM_STATS: ReadonlySet<string> = new Set(
  (
    'exits pf_fixed pf_guest pf_taken pf_emulate pf_spurious pf_fast pf_mmio_spte_created mmio_exits io_exits ' +
    'signal_exits irq_window_exits nmi_window_exits halt_exits request_irq_exits irq_exits host_state_reload fpu_reload ' +
    'hypercalls insn_emulation insn_emulation_fail irq_injections nmi_injections req_event nested_run l1d_flush ' +
    'preemption_reported preemption_other directed_yield_attempted directed_yield_successful guest_mode ' +
    'notify_window_exits tlb_flush invlpg halt_successful_poll halt_attempted_poll halt_poll_invalid halt_wakeup ' +
    'halt_poll_success_ns halt_poll_fail_ns halt_wait_ns blocking remote_tlb_flush remote_tlb_flush_requests ' +
    'mmu_shadow_zapped mmu_pte_write mmu_pde_zapped mmu_flooded mmu_recycled mmu_cache_miss mmu_unsync pages_4k ' +
    'pages_2m pages_1g nx_lpage_splits max_mmu_page_hash_collisions max_mmu_rmap_size wfe_exit_stat wfi_exit_stat ' +
    'mmio_exit_user mmio_exit_kernel hvc_exit_stat'
  ).split(' '),
);

function isKvmStat(name: string, names: Pseudonyms): boolean {
  if (KVM_STATS.has(name)) return true;
  names.drop(`the KVM counter ${name}`, 'not a name of KVM’s counters');
  return false;
}

/** `IO io0-5299`, `CPU 0/KVM-5301`: a thread and its number; `N0`, `S1`: a node or socket. */
function perfCount(count: PerfCountFact, names: Pseudonyms): PerfCountFact {
  const thread = /^(.*)-(\d{1,10})$/.exec(count.who);
  const who =
    thread !== null
      ? `${shareTaskName(thread[1]!, names)}-${thread[2]}`
      : /^([NS]?\d{0,5})$/.test(count.who)
        ? count.who
        : names.of('thread', count.who);
  return { ...count, who, event: isPerfEvent(count.event) ? count.event : names.of('event', count.event) };
}

/** Generic events of perf, and families of its event tables (tools/perf/pmu-events) that tell local from remote. */
const PERF_EVENTS: ReadonlySet<string> = new Set(
  (
    'node-loads node-load-misses node-stores node-store-misses cycles instructions cache-references cache-misses ' +
    'task-clock cpu-clock context-switches cpu-migrations page-faults minor-faults major-faults remote_access'
  ).split(' '),
);
const PERF_FAMILY =
  /^(mem_load_l3_miss_retired|ocr\.reads_to_core|ocr\.demand_data_rd|ls_(refills|dmnd_fills|any_fills)_from_sys)\.(ls_mabresp_)?((lcl|rmt|local|remote)_(dram|cache|fwd|hitm|pmm)|(mem|dram)_io_(local|remote|near|far)|(ext|near|far|int)_cache(_local|_remote)?)$/;

/** Whether the event, without its PMU and modifiers, is one of these. */
function isPerfEvent(event: string): boolean {
  const plain = (/^(?:cpu|cpu_core|cpu_atom)\/([^/]*)\/[ukhHGp]*$/.exec(event)?.[1] ?? event).replace(
    /:[ukhHGp]+$/,
    '',
  );
  return PERF_EVENTS.has(plain) || PERF_FAMILY.test(plain);
}
