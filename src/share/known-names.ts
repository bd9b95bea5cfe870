/**
 * Names that say nothing about whose machine it is: those the kernel and QEMU give themselves. Everything that is not
 * exactly of one of these forms is taken for the name of somebody's thing.
 */
import type { Pseudonyms } from './pseudonyms.ts';

/** The kernel cuts a thread's name to this (include/linux/sched.h, TASK_COMM_LEN less its end). */
const COMM_LENGTH = 15;

/** Threads of the kernel, of QEMU, its daemon, SPDK and fio, by their whole name. */
const TASKS: ReadonlySet<string> = new Set(
  (
    'qemu-system-x86 qemu-system-aar qemu-kvm qemu-storage-da kvm worker qemu-io qemu-nbd call_rcu vhost spdk_tgt ' +
    'dpdk-intr dpdk-vhost-evt vhost-events kvm-nx-lpage-re fio dd perf bpftrace trace-cmd trace cat sh bash iotrace ' +
    'node rcu_sched rcu_preempt rcu_bh kcompactd0 kswapd0 kblockd kthreadd khugepaged ksmd oom_reaper writeback ' +
    'systemd systemd-journal systemd-udevd irqbalance libvirtd virtqemud sshd init tee sleep'
  ).split(' '),
);

const TASK_FORMS: readonly RegExp[] = [
  /^swapper(\/\d{1,5})?$/,
  /^<(idle|\.\.\.)>$/,
  /^CPU \d{1,5}\/(KVM|TCG)$/,
  /^(ksoftirqd|migration|cpuhp|rcuc|rcuop|rcuos|idle_inject|watchdog)\/\d{1,5}$/,
  /^kworker\/(\d{1,5}|u\d{1,5}):\d{1,6}H?$/,
  /^(iou-wrk|iou-sqp|vhost|kvm-pit|kvm)[-/]\d{1,10}$/,
  /^io_wqe_worker-\d{1,5}$/,
  /^(reactor|lcore-worker|rte_mp_handle)_?\d{0,5}$/,
  /^jbd2\/(vd|sd)[a-z]\d?-8$/,
  /^irq\/\d{1,6}-nvme\d{1,4}q\d{1,5}$/,
];

/** `kworker/0:1H-kblockd`: what it works for, of which modules make their own. */
const WORKER = /^(kworker\/(?:\d{1,5}|u\d{1,5}):\d{1,6}H?)([-+])(.+)$/;
const WORKQUEUES: ReadonlySet<string> = new Set(
  'kblockd events events_unbound events_highpri events_power_efficient events_long mm_percpu_wq rcu_gp nvme-wq writeback'.split(
    ' ',
  ),
);

/** A thread's name: kept when it is one of these, with a pseudonym where it is not. `IO NAME` keeps what it is. */
export function shareTaskName(name: string, names: Pseudonyms): string {
  if (name === '' || TASKS.has(name) || TASK_FORMS.some((form) => form.test(name))) return name;
  // QEMU calls an IOThread's thread after its id (iothread.c)
  if (name.startsWith('IO ')) return `IO ${names.ofCut('id', name.slice(3), COMM_LENGTH - 3)}`;
  const worker = WORKER.exec(name);
  if (worker === null) return names.of('thread', name);
  const [, thread, sign, queue] = worker;
  return `${thread}${sign}${WORKQUEUES.has(queue!) ? queue : names.of('workqueue', queue!)}`;
}

const PCI = String.raw`[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]`;

/** Handlers of devices the tool looks at, and the architecture's own rows of /proc/interrupts (arch/x86, arch/arm64). */
const INTERRUPT_FORMS: readonly RegExp[] = [
  /^virtio\d{1,4}-(req|requests|request|input|output|config|control|event|virtqueues)(\.\d{1,5})?$/,
  /^nvme\d{1,4}q\d{1,5}$/,
  new RegExp(String.raw`^vfio-(msi|msix|intx|platform)?(\[\d{1,5}\])?\(${PCI}\)$`),
  new RegExp(String.raw`^(ahci|xhci_hcd|ehci_hcd|mei_me|snd_hda_intel)?\[?(${PCI})?\]?$`),
  /^(NMI|LOC|SPU|PMI|IWI|RTR|RES|CAL|TLB|TRM|THR|DFR|MCE|MCP|HYP|HRE|HVS|ERR|MIS|PIN|NPI|PIW|PMN)$/,
  /^IPI\d$/,
  /^(ttyS\d|timer|rtc0|rtc_cmos|i8042|acpi|floppy|cascade|arch_timer|hpet\d|dmar\d{1,3}|AMD-Vi\d?|ata_piix|uhci_hcd:usb\d)$/,
];

/** An interrupt's name: kept when the kernel gives it by itself, with a pseudonym where it may hold more. */
export function shareInterruptName(name: string, names: Pseudonyms): string {
  return name === '' || INTERRUPT_FORMS.some((form) => form.test(name)) ? name : names.of('interrupt', name);
}

/** A device of the host or guest as the kernel numbers it. */
const DEVICE =
  /^\/dev\/(nvme\d{1,4}n\d{1,5}(p\d{1,3})?|(sd|vd|xvd|hd)[a-z]{1,3}\d{0,3}|(loop|md|dm-|nbd|zram|ram)\d{1,4}|vfio\/(vfio|\d{1,4})|null)$/;
const NVME_URL = new RegExp(String.raw`^nvme://${PCI}/\d{1,5}$`);

/** Another name of a device, which may be that of a partition (/dev/disk/by-id/…-part3). */
const DEVICE_LINK = /^\/dev\/.*?(-part\d{1,3})?$/;

/** A file's name: devices as the kernel numbers them and nvme:// stay; other devices become `/dev/path1`, all else `/path1`. */
export function sharePath(path: string, names: Pseudonyms): string {
  if (path === '' || DEVICE.test(path) || NVME_URL.test(path)) return path;
  const link = DEVICE_LINK.exec(path);
  const name = names.of('path', path);
  return link === null ? `/${name}` : `/dev/${name}${link[1] ?? ''}`;
}
