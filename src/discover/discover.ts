/** Finds the running guests and all that is known of them. Changes nothing of theirs. */
import { parseNumaMaps } from '../../parsers/facts/numa-maps.ts';
import { type ConfiguredDisk, qemuDisks } from '../../parsers/facts/qemu-disks.ts';
import { parseQemuOptions, type QemuOption } from '../../parsers/facts/qemu-options.ts';
import { safeInteger } from '../../parsers/facts/text-lines.ts';
import { allDisks, completedOf, withAnswers } from './answered.ts';
import { findDaemon } from './daemon.ts';
import { candidatePaths, describeDisk } from './disk-paths.ts';
import { findDrive } from './drive.ts';
import { readEventfds } from './eventfds.ts';
import type { Guest, GuestDisk, GuestIoThread, GuestThread } from './guest.ts';
import { type MachineFiles, thisMachine } from './machine-files.ts';
import { askMonitor, type MonitorAnswers } from './monitor.ts';
import { findQemus, type Process } from './processes.ts';
import { type CpuLayout, readCpuLayout, readThreads } from './threads.ts';

/** Asks a guest's monitor; another in tests. */
export type AskMonitor = typeof askMonitor;

/** All running guests, by pid. */
export async function discoverGuests(
  files: MachineFiles = thisMachine,
  ask: AskMonitor = askMonitor,
): Promise<Guest[]> {
  const layout = await readCpuLayout(files);
  const guests: Guest[] = [];
  for (const process of await findQemus(files)) guests.push(await readGuest(files, process, layout, ask));
  return guests;
}

async function readGuest(
  files: MachineFiles,
  process: Process,
  layout: CpuLayout,
  ask: AskMonitor,
): Promise<Guest> {
  const { pid } = process;
  const options = parseQemuOptions(process.commandLine);
  const { state, note, answers } = await ask(files, pid, options);
  const threads = await readThreads(files, pid, layout, {
    iothreads: new Map(answers.iothreads.map(({ tid, id }) => [tid, id])),
    vcpus: new Map(answers.vcpus.map(({ tid, index }) => [tid, index])),
  });
  const iothreads = withAnswers(iothreadsOf(options, threads), answers.iothreads);
  const disks: GuestDisk[] = [];
  for (const disk of allDisks(qemuDisks(options), answers))
    disks.push(await readDisk(files, process, disk, layout, answers));
  return {
    pid,
    name: lastOf(options, 'name', 'guest'),
    uuid: lastOf(options, 'uuid', ''),
    program: process.program,
    commandLine: process.commandLine,
    accelerator: acceleratorOf(options),
    threads,
    iothreads,
    disks,
    eventfds: await readEventfds(files, pid),
    memory: parseNumaMaps(await files.text(`/proc/${pid}/numa_maps`)).data,
    monitor: { state, note },
    notes: notesOn(threads, iothreads),
  };
}

async function readDisk(
  files: MachineFiles,
  { pid, commandLine }: Process,
  disk: ConfiguredDisk,
  layout: CpuLayout,
  answers: MonitorAnswers,
): Promise<GuestDisk> {
  const { backend } = disk;
  const daemon = backend.socket === '' ? null : await findDaemon(files, pid, backend.socket, layout);
  const below = daemon?.backend ?? null;
  const drive =
    daemon === null || below === null
      ? await findDrive(files, pid, backend, commandLine)
      : await findDrive(files, daemon.pid, below, daemon.commandLine);
  const setup = { ...disk, queues: disk.queues ?? null, drive, daemon };
  return {
    ...setup,
    paths: candidatePaths(setup),
    summary: describeDisk(setup),
    completed: completedOf(disk, answers),
  };
}

function iothreadsOf(options: readonly QemuOption[], threads: readonly GuestThread[]): GuestIoThread[] {
  return iothreadOptions(options).map(({ values }) => {
    const id = values.get('id') ?? '';
    const own = threads.filter((thread) => thread.role === 'iothread' && thread.id === id);
    return {
      id,
      tid: own.length === 1 ? own[0]!.tid : null,
      pollMaxNs: safeInteger(values.get('poll-max-ns') ?? '') ?? null,
    };
  });
}

function iothreadOptions(options: readonly QemuOption[]): readonly QemuOption[] {
  return options.filter(({ option, values }) => option === 'object' && values.get('qom-type') === 'iothread');
}

/** The last one said wins, as in QEMU. */
function lastOf(options: readonly QemuOption[], option: string, key: string): string {
  return options.findLast((each) => each.option === option && each.values.has(key))?.values.get(key) ?? '';
}

function acceleratorOf(options: readonly QemuOption[]): Guest['accelerator'] {
  if (options.some(({ option }) => option === 'enable-kvm')) return 'kvm';
  const named = lastOf(options, 'accel', 'accel') || lastOf(options, 'machine', 'accel');
  const first = named.split(':')[0];
  return first === 'kvm' || first === 'tcg' ? first : '';
}

/** What could not be told from names alone. */
function notesOn(threads: readonly GuestThread[], iothreads: readonly GuestIoThread[]): string[] {
  const notes: string[] = [];
  if (!threads.some(({ role }) => role === 'vcpu'))
    notes.push(
      'its vCPU threads have no names (QEMU’s -name debug-threads=on), and no monitor has named them',
    );
  const lost = iothreads.filter(({ tid }) => tid === null).map(({ id }) => id);
  // "IO " and an id of more than 12 bytes is more than a thread's name can hold: QEMU leaves it unnamed
  if (lost.length > 0)
    notes.push(
      `the thread of ${lost.join(', ')} is not known: threads have no names, or the id has more than 12 characters`,
    );
  return notes;
}
