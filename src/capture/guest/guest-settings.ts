/** What the report should say of a guest: settings that change the latency of its disk, read by its own shell. */
import type { FactText } from '../machine-facts.ts';
import type { GuestSide } from './guest-side.ts';

const DISK_SETTINGS = [
  'scheduler',
  'io_poll',
  'nr_requests',
  'nomerges',
  'wbt_lat_usec',
  'write_cache',
  'logical_block_size',
];

const MACHINE_SETTINGS = [
  '/sys/devices/system/clocksource/clocksource0/current_clocksource',
  '/sys/devices/system/cpu/cpuidle/current_driver',
  '/sys/devices/system/cpu/cpuidle/current_governor',
  '/sys/module/haltpoll/parameters/guest_halt_poll_ns',
  '/sys/module/nvme/parameters/poll_queues',
  '/sys/module/virtio_blk/parameters/poll_queues',
  '/sys/module/virtio_blk/parameters/queue_depth',
];

/** The nodes the guest itself has; its shell finds out how many. */
const NODES = '/sys/devices/system/node/node[0-9]*/cpulist';

/** Settings as lines `path:value`. */
export async function guestSettings(guest: GuestSide, disk: string): Promise<FactText> {
  const paths = [...DISK_SETTINGS.map((name) => `/sys/block/${disk}/queue/${name}`), ...MACHINE_SETTINGS];
  return { name: 'guest-settings', text: await guest.run(`iot_show ${NODES}`, ...paths) };
}

/** Kernel, CPUs and idle driver in words. */
export async function describeGuest(guest: GuestSide, disk: string): Promise<string[]> {
  const text = await guest.run(
    `echo "kernel $(uname -r), $(ls -d /sys/devices/system/cpu/cpu[0-9]* | wc -l) CPUs"
    echo "disk ${disk}, hardware queues: $(ls /sys/block/${disk}/mq | wc -l)"
    cd /sys/devices/system/cpu/cpuidle && echo "cpuidle driver=$(cat current_driver) gov=$(cat current_governor)"; cd /`,
  );
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:kernel|disk|cpuidle) /.test(line))
    .map((line) => line.slice(0, 200));
}

/** /proc/interrupts there. */
export async function guestInterrupts(guest: GuestSide, order: 'before' | 'after'): Promise<FactText> {
  return { name: `guest-interrupts-${order}`, text: await guest.run('cat /proc/interrupts') };
}
