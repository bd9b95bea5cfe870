/** Enters a setup on a booted host and records what is asked for in it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestSetup, Run, Setup } from './configuration.ts';
import { nameOf } from './configuration.ts';
import { DRIVE_ADDRESSES } from './emulator.ts';
import { type Evidence, keepEvidence } from './evidence.ts';
import type { Answer, LiveHost } from './live-host.ts';
import { DRIVE_DEVICE } from './setups.ts';

/** Requests of a run: enough for a median, few enough for an emulated machine. */
export const REQUESTS = 300;

/** The host does not answer any more: it has to be booted anew. */
export class Wedged extends Error {}

/** A step failed on a host that still answers. */
export class StepFailed extends Error {}

/** Time is counted from where it is made. */
export class Deadline {
  private readonly end: number;

  constructor(limitMs: number) {
    this.end = Date.now() + limitMs;
  }

  leftMs(): number {
    return this.end - Date.now();
  }
}

/** A word for the host's shell. */
export function word(text: string): string {
  return /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const GUEST_PROGRAM = ['-name', 'guest,debug-threads=on', '-machine', 'q35,accel=kvm', '-cpu', 'host'];
const GUEST_KERNEL =
  'console=ttyS0 quiet loglevel=4 mitigations=off nokaslr random.trust_cpu=on tsc=reliable net.ifnames=0';

/** QEMU's arguments for a guest, without its program. */
export function guestArguments(guest: GuestSetup): string[] {
  const kernel = [GUEST_KERNEL, `lab.disk=${guest.disk}`, ...guest.kernel].join(' ');
  return [
    ...GUEST_PROGRAM,
    ...['-smp', String(guest.cpus), '-m', '512', '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-kernel', '/boot/vmlinux', '-initrd', '/boot/initramfs.cpio', '-append', kernel],
    ...[
      '-netdev',
      'user,id=n0,hostfwd=tcp:127.0.0.1:2222-:22',
      '-device',
      'virtio-net-pci,netdev=n0,romfile=',
    ],
    ...guest.qemu,
  ];
}

/** Brings the host into the setup: drive, storage daemon, guest, pinned threads. */
export async function enter(host: LiveHost, setup: Setup, deadline: Deadline): Promise<void> {
  const { drive, guest } = setup;
  const bind =
    drive.driver === 'nvme'
      ? `bind-drives nvme ${drive.pollQueues}`
      : `bind-drives nvme; bind-drives vfio ${DRIVE_ADDRESSES[0]}`;
  await step(host, 'the drive', bind, deadline);
  if (drive.driver === 'nvme') {
    const link = `ln -sf /dev/$(basename /sys/bus/pci/devices/${DRIVE_ADDRESSES[0]}/nvme/nvme*)n1 ${DRIVE_DEVICE}`;
    await step(host, 'the drive’s name', link, deadline);
  }
  if (guest === undefined) return;
  if (guest.daemon !== undefined) {
    const daemon = guest.daemon.map(word).join(' ');
    await step(
      host,
      'the storage daemon',
      `rm -f /run/lab/export; qemu-storage-daemon --daemonize --pidfile /run/lab/daemon.pid ${daemon}`,
      deadline,
    );
  }
  const seconds = Math.max(1, Math.floor(deadline.leftMs() / 1000) - 2);
  const qemu = guestArguments(guest).map(word).join(' ');
  await step(host, 'the guest', `start-guest ${seconds} ${qemu}`, deadline);
  for (const [thread, cpu] of Object.entries(guest.pins ?? {}))
    await step(host, `pinning ${thread}`, `pin-thread ${word(thread)} ${cpu}`, deadline);
  await step(host, 'the way into the guest', 'ssh guest true', deadline);
}

/** Ends what `enter` began. */
export async function leave(host: LiveHost, deadline: Deadline): Promise<void> {
  await step(host, 'the end of the guest', 'stop-guest', deadline);
}

const RECORDING = '/tmp/recording.iotrace.zip';
const BESIDE = '/tmp/beside.iotrace.zip';
const LOG = '/tmp/reader.log';

/** Makes one recording and collects what is needed to judge it. */
export async function recordRun(
  host: LiveHost,
  setup: Setup,
  run: Run,
  deadline: Deadline,
): Promise<Evidence> {
  const began = Date.now();
  const name = nameOf(setup, run);
  const folder = join(host.out, name);
  await mkdir(folder, { recursive: true });
  const there = `/out/${name}`;
  const state =
    setup.guest === undefined
      ? 'machine-state'
      : "machine-state; ssh guest machine-state | sed 's/^/guest: /'";
  const before = await step(host, 'the state before', state, deadline);
  const firstPair = await step(host, 'the clocks before', 'clock-pairs', deadline);
  const answer = await host.run(recordCommand(setup, run), deadline.leftMs());
  await writeFile(join(folder, 'said'), `${answer.stdout}\n${answer.stderr}\n`);
  const said = `${answer.stdout}\n${answer.stderr}`;
  if (answer.wedged) throw new Wedged(`iotrace record did not end\n${said.slice(-800)}`);
  const secondPair = await step(host, 'the clocks after', 'clock-pairs', deadline);
  const fetch = setup.guest === undefined ? `cp ${LOG}` : `ssh guest cat ${LOG} >`;
  const log = run.engine === 'fio' ? '' : ` && ${fetch} ${there}/reader.log`;
  const bundles = run.beside === undefined ? RECORDING : `${RECORDING} ${BESIDE}`;
  const kept = await host.run(`cp ${bundles} ${there}/${log}`, deadline.leftMs());
  await step(host, 'tidying up', `rm -f ${bundles} ${LOG}`, deadline);
  const after = await step(host, 'the state after', state, deadline);
  const had = new Set(before.split('\n'));
  const tscOffset =
    setup.guest === undefined ? undefined : await step(host, 'the TSC offset', 'tsc-offset', deadline);
  return keepEvidence(folder, {
    isKept: kept.exitCode === 0,
    hasBeside: run.beside !== undefined,
    hasLog: run.engine !== 'fio',
    said,
    exitCode: answer.exitCode,
    left: after.split('\n').filter((line) => line !== '' && !had.has(line)),
    clocks: { hostPairs: [firstPair, secondPair], tscOffset },
    seconds: (Date.now() - began) / 1000,
  });
}

/** `iotrace record` as a user would call it; what it recorded is read outside, where that takes no minute. */
function recordCommand(setup: Setup, run: Run): string {
  const inner = recording(setup, run, run.tracer, RECORDING);
  const command = `${inner.record} ${inner.workload} ${readerCommand(setup, run)}`;
  if (run.beside === undefined) return `cd /tmp; ${command}`;
  // The other tracer's workload is this recording as a whole.
  return `cd /tmp; ${recording(setup, run, run.beside, BESIDE).record} -- ${command}`;
}

/** The reader as a workload: what it prints at the end is its log, which `iotrace record` keeps as what the application measured. */
function readerCommand({ guest }: Setup, { engine, depth, guestAccess }: Run): string {
  const device = guest === undefined ? DRIVE_DEVICE : `/dev/${guest.disk}`;
  if (engine === 'fio')
    return `fio --name=lab --filename=${device} --direct=1 --rw=randread --bs=4k --ioengine=psync --number_ios=${REQUESTS} --output-format=json`;
  const reader = `reader ${engine} ${depth} ${REQUESTS} 1 ${device} ${LOG}`;
  return guestAccess ? `sh -c ${word(`${reader} && cat ${LOG}`)}` : reader;
}

/** The words that begin a recording, and those that come before its workload. */
function recording(
  setup: Setup,
  run: Run,
  tracer: Run['tracer'],
  output: string,
): { readonly record: string; readonly workload: string } {
  const { guest } = setup;
  // Known to the report: what it says of times is of this host.
  const title = word(`${nameOf(setup, run)}, an emulated host: order counts, speed does not`);
  const record = `node /project/dist/src/cli.js record --no-report -o ${output} --tracer ${tracer} --title ${title}`;
  if (guest === undefined)
    return { record: `${record} --disk $(basename $(readlink ${DRIVE_DEVICE}))`, workload: '--' };
  return run.guestAccess
    ? {
        record: `${record} --guest-ssh root@guest --guest-disk ${guest.disk} guest`,
        workload: '--guest-run --',
      }
    : { record: `${record} guest`, workload: '-- ssh guest' };
}

/** As timeout(1) and start-guest say it. */
const TIMED_OUT = 124;

/** A command that has to work. Its output. */
async function step(host: LiveHost, what: string, command: string, deadline: Deadline): Promise<string> {
  const answer: Answer = await host.run(command, deadline.leftMs());
  if (answer.wedged) throw new Wedged(`no answer to ${what}`);
  if (answer.exitCode === TIMED_OUT) throw new Wedged(`${what}: ${answer.stderr.slice(-1000)}`);
  if (answer.exitCode !== 0)
    throw new StepFailed(`${what}: ${answer.stderr.slice(-2000) || answer.stdout.slice(-2000)}`);
  return answer.stdout;
}
