/** `iotrace doctor`: what a recording would see here, and what to do about the rest. Leaves the machine as it is. */
import { cwd } from 'node:process';
import { type BlockDevice, listBlockDevices } from '../capture/block-devices.ts';
import { chooseDisk } from '../capture/choose-disk.ts';
import { type Diagnosis, diagnose } from '../capture/doctor/diagnose.ts';
import { lookAtGuest } from '../capture/doctor/look-at-guest.ts';
import { lookAtHost } from '../capture/doctor/look-at-host.ts';
import type { MachineView } from '../capture/doctor/see-point.ts';
import { wantedOf } from '../capture/doctor/wanted-of-path.ts';
import { chooseDiskOf, chooseGuest } from '../capture/guest/choose-guest.ts';
import { qemuPoints } from '../capture/guest/qemu-points.ts';
import { findTracefs } from '../capture/tracefs/trace-files.ts';
import { chooseTracer } from '../capture/tracers.ts';
import { discoverGuests } from '../discover/discover.ts';
import type { Guest, GuestDisk } from '../discover/guest.ts';
import { EXIT_CODES, type ExitCode, IotraceError, quoted } from '../errors.ts';
import { pathByName } from '../paths/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { Detail } from './detail.ts';
import { diagnosisText } from './doctor-text.ts';
import { outputFile, sayState } from './record.ts';
import type { Say } from './say.ts';
import { type WayIn, wayIn } from './way-in.ts';

/** Version of what `doctor --json` prints; one more when a field changes its meaning or goes. */
export const DOCTOR_SCHEMA = 1;

export interface DoctorOptions extends WayIn {
  /** Name, UUID or pid. */
  readonly guest?: string | undefined;
  /** Id or node of the guest's disk, or a disk of this machine. */
  readonly disk?: string | undefined;
  readonly path?: string | undefined;
  readonly json?: boolean | undefined;
  /** `qemu`: functions of QEMU as well. */
  readonly detail?: Detail | undefined;
  /** Columns of the terminal. */
  readonly width: number;
}

/** What is asked about, with a phrase that says so. */
interface Subject {
  readonly path: IoPath;
  readonly what: string;
  /** Other paths its requests may take. */
  readonly others: readonly string[];
  readonly guest: Guest | undefined;
  readonly guestDisk: GuestDisk | undefined;
  /** The guest runs under TCG. */
  readonly isEmulated: boolean;
  readonly local: BlockDevice | undefined;
  readonly devices: readonly BlockDevice[];
}

/** Looks and says; the exit code tells whether a recording would be complete. Throws an IotraceError. */
export async function doctor(
  options: DoctorOptions,
  say: Say,
): Promise<{ text: string; exitCode: ExitCode }> {
  const subject = await subjectOf(options);
  await removeLeftovers(say);
  const kernel = wantedOf(subject.path, subject.guestDisk, subject.local, subject.devices);
  const inside = await lookInside(options, subject);
  const wanted = { ...kernel, host: [...kernel.host, ...(inside?.points ?? [])] };
  const way = wanted.guest.length === 0 ? undefined : wayIn(options);
  const machines = {
    host: await lookAtHost(wanted.host),
    guest: way && (await lookAtGuest(way, wanted.guest)),
  };
  const diagnosis = diagnose({
    path: subject.path,
    tracer: chooseTracer('auto').name,
    wanted,
    machines,
    hidden: inside?.missing ?? [],
    isEmulated: subject.isEmulated,
  });
  return {
    text:
      options.json === true
        ? json(diagnosis, subject, machines)
        : diagnosisText(
            diagnosis,
            { what: subject.what, others: subject.others, ...machines },
            options.width,
          ),
    exitCode: diagnosis.complete ? EXIT_CODES.ok : EXIT_CODES.belowGrade,
  };
}

/** The program that serves the guest's disk, when its functions were asked for. Throws where there is no guest to ask of. */
async function lookInside({ detail }: DoctorOptions, { guest, guestDisk }: Subject) {
  if (detail !== 'qemu') return undefined;
  if (guest !== undefined && guestDisk !== undefined) return qemuPoints(guest, guestDisk);
  throw new IotraceError('detail-of-what', '--detail qemu is about a running guest.', {
    hint: 'Name it: iotrace doctor GUEST --detail qemu (iotrace ls).',
    exitCode: EXIT_CODES.usage,
  });
}

/** What a killed iotrace left goes here as it does when recording. Not root, or no tracefs: the answer says so later. */
async function removeLeftovers(say: Say): Promise<void> {
  const files = await findTracefs().catch((error: unknown) => {
    if (error instanceof IotraceError) return undefined;
    throw error;
  });
  if (files !== undefined) await sayState(files, outputFile(undefined, 'doctor'), say);
}

async function subjectOf(options: DoctorOptions): Promise<Subject> {
  const devices = await listBlockDevices();
  const asked = options.path === undefined ? undefined : pathOf(options.path);
  if (options.guest !== undefined) {
    const guest = chooseGuest(await discoverGuests(), options.guest);
    const disk = chooseDiskOf(guest, options.disk);
    const [first, ...others] = disk.paths;
    if (asked === undefined && first === undefined)
      throw new IotraceError(
        'guest-disk-no-path',
        `No path of iotrace fits this disk: ${quoted(disk.summary)}.`,
        {
          hint: 'Name one: --path PATH (iotrace explain).',
          exitCode: EXIT_CODES.usage,
        },
      );
    const what = `guest ${guest.name || guest.pid}, disk ${disk.id || disk.node}: ${disk.summary}`;
    return {
      path: asked ?? pathOf(first!),
      what,
      others: asked === undefined ? others : [],
      guest,
      guestDisk: disk,
      isEmulated: guest.accelerator === 'tcg',
      local: undefined,
      devices,
    };
  }
  const { disk, why } = await chooseDisk(devices, { asked: options.disk, workload: [], folder: cwd() });
  const path = asked ?? pathOf(disk.driver === 'nvme' ? 'bare-metal-nvme' : 'local-block-device');
  return {
    path,
    what: `${disk.name} (${disk.major}:${disk.minor}), ${why}`,
    others: [],
    guest: undefined,
    guestDisk: undefined,
    isEmulated: false,
    local: disk,
    devices,
  };
}

function pathOf(name: string): IoPath {
  const path = pathByName(name);
  if (path !== undefined) return path;
  throw new IotraceError('path-unknown', `There is no path ${quoted(name)}.`, {
    hint: 'iotrace explain lists the paths.',
    exitCode: EXIT_CODES.usage,
  });
}

/** The answer for programs. */
function json(diagnosis: Diagnosis, { what, others }: Subject, machines: Machines): string {
  const { path, title, tracer, complete, impossible, hostAlone, rows, notAsked, merged, unmeasured } =
    diagnosis;
  const points = rows.map(({ point, machine, isBorder, sights }) => ({ point, machine, isBorder, sights }));
  return `${JSON.stringify(
    {
      schema: DOCTOR_SCHEMA,
      path,
      title,
      what,
      otherPaths: others,
      tracer,
      complete,
      impossible,
      hostAlone,
      machines: [machines.host, ...(machines.guest === undefined ? [] : [machines.guest])].map(
        factsOfMachine,
      ),
      points,
      notAsked,
      merged,
      unmeasured,
    },
    null,
    2,
  )}\n`;
}

interface Machines {
  readonly host: MachineView;
  readonly guest: MachineView | undefined;
}

function factsOfMachine({ kernel, perf, bpftrace }: MachineView) {
  const { machine, release, isLinux, isRoot, hasTracefs, lockdown, hasKprobes, hasBtf } = kernel;
  const facts = { machine, release, isLinux, isRoot, hasTracefs, lockdown, hasKprobes, hasBtf };
  if (machine === 'guest') return facts;
  const version = (tool: typeof perf | typeof bpftrace) => ('version' in tool ? tool.version : null);
  return { ...facts, perf: version(perf), bpftrace: version(bpftrace) };
}
