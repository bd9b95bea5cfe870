/**
 * Notes are free text: a note is shared when every word of it is one of the words that describe settings, or a number; or when it
 * is one that iotrace itself writes, with the names in it replaced. One other word, and the whole note stays at home.
 */
import { sharePath, shareTaskName } from './known-names.ts';
import type { Pseudonyms } from './pseudonyms.ts';

const WORDS: ReadonlySet<string> = new Set(
  // clocks and idle states of a guest's console
  (
    'clocksource current_clocksource kvm-clock tsc hpet acpi_pm jiffies hyperv_clocksource_tsc_page arch_sys_counter ' +
    'cpuidle driver governor gov mods ptp haltpoll intel_idle acpi_idle none menu teo ladder L2-UP ' +
    // block layer
    'sched scheduler mq-deadline kyber bfq nrhw queue queues io_poll io_poll_delay poll_queues write_queues nr_requests ' +
    'nomerges rotational wbt_lat_usec queue_depth write_cache back through logical_block_size nr_hw_queues default read poll write ' +
    // where a setting lies
    'sys block module parameters kernel device devices system cpu cpufreq clocksource0 current_driver current_governor ' +
    'scaling_governor performance powersave schedutil ondemand nvme nvme_core virtio_blk kvm kvm_intel kvm_amd haltpoll ' +
    'halt_poll_ns halt_poll_ns_grow halt_poll_ns_grow_start halt_poll_ns_shrink enable_apicv avic guest_halt_poll_ns ' +
    'guest_halt_poll_allow_shrink force debug mm transparent_hugepage enabled always madvise never numa_balancing proc ' +
    // what iotrace itself notes
    'kernel disk hardware statistics before after driver of its own no virtio-blk loop sd_mod virtio_scsi ' +
    'in the guest host host’s CPU has posted_intr npt ept N Y on off yes ' +
    'tracer tracefs perf bpftrace as asked for which needs nothing installed and counts each what it lost'
  ).split(' '),
);

const NUMBERS: readonly RegExp[] = [
  /^-?\d{1,12}$/,
  /^\d{1,6}\.\d{1,3}$/,
  // major:minor
  /^\d{1,4}:\d{1,7}$/,
  /^(nvme\d{1,4}(n\d{1,5})?|(sd|vd)[a-z]{1,3}\d{0,3}|(loop|dm-|md)\d{1,4}|cpu\d{1,5}|node\d{1,4})$/,
];

/** `on the host: kernel 6.1.0-47-cloud-amd64`: builders put names behind the version. */
const KERNEL = /^((?:on the host|in the guest): )?kernel (\d{1,3}\.\d{1,4}(?:\.\d{1,4})?)(?:[-+.]|$)/;

/** Notes that hold names (discover/disk-paths.ts, capture/guest/host-facts.ts), and how each is written anew. */
const NAMING: readonly (readonly [RegExp, (match: RegExpExecArray, names: Pseudonyms) => string])[] = [
  // disk of the guest: virtio-blk, IOThread io0, linux-aio on /dev/disk/by-id/x
  [
    /^(disk of the guest: virtio-blk, )(?:(main loop)|IOThread (\S+))(, (?:(?:raw|qcow2) in )*(?:linux-aio|io_uring|thread pool|engine not known)(?: through the page cache)? on )(\S+)$/,
    ([, begin, loop, iothread, how, path], names) =>
      `${begin}${loop ?? `IOThread ${names.of('id', iothread!)}`}${how}${sharePath(path!, names)}`,
  ],
  [
    /^IOThread (\S+): (poll-max-ns \d{1,15})$/,
    ([, iothread, setting], names) => `IOThread ${names.of('id', iothread!)}: ${setting}`,
  ],
  [
    /^thread (\d{1,10}) (.{1,15}) (may run on CPUs [\d,-]{1,200})$/,
    ([, tid, name, where], names) => `thread ${tid} ${shareTaskName(name!, names)} ${where}`,
  ],
];

/** The note, or undefined when it is not shared. */
export function shareNote(note: string, names: Pseudonyms): string | undefined {
  const kernel = KERNEL.exec(note);
  if (kernel !== null) return `${kernel[1] ?? ''}kernel ${kernel[2]}`;
  for (const [form, anew] of NAMING) {
    const match = form.exec(note);
    if (match !== null) return anew(match, names);
  }
  const words = note.split(/[\s=/,;[\]()]+|:(?=\s|$)/).filter((word) => word !== '');
  if (words.every((word) => WORDS.has(word) || NUMBERS.some((form) => form.test(word)))) return note;
  names.drop(`the note ${note}`, 'not known to be harmless');
  return undefined;
}
