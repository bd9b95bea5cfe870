/** `iotrace record GUEST`: traces a guest's disk on the host and, where there is a way in, inside the guest. */
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { completedRequests, listBlockDevices } from '../capture/block-devices.ts';
import { chooseDiskOf, chooseGuest } from '../capture/guest/choose-guest.ts';
import { chooseGuestDisk, type GuestBlockDevice } from '../capture/guest/guest-disks.ts';
import { guestPoints } from '../capture/guest/guest-points.ts';
import { describeGuest, guestInterrupts, guestSettings } from '../capture/guest/guest-settings.ts';
import { GuestSide } from '../capture/guest/guest-side.ts';
import { guestTracer } from '../capture/guest/guest-tracer.ts';
import { prepareGuestWorkload } from '../capture/guest/guest-workload.ts';
import { driveNode, guestFacts, guestNotes, kvmFacts, libvirtXml } from '../capture/guest/host-facts.ts';
import { hostPoints } from '../capture/guest/host-points.ts';
import { logTracers } from '../capture/guest/qemu-log-tracer.ts';
import { qemuPoints } from '../capture/guest/qemu-points.ts';
import { checkHostAlone, isRunning, threadsOf } from '../capture/guest/whom-to-record.ts';
import { Interrupts } from '../capture/interrupts.ts';
import { liveLine } from '../capture/live-line.ts';
import { describeMachine, type FactText, readCounters, readSettings } from '../capture/machine-facts.ts';
import { countedThreads, startMemoryCounters } from '../capture/memory-counters.ts';
import { type MemorySamples, startMemorySamples } from '../capture/memory-samples.ts';
import { makeRoom, type Room } from '../capture/room.ts';
import { newRunName } from '../capture/run-name.ts';
import { type PlannedTracer, runSession, type SessionPlan, type SessionResult } from '../capture/session.ts';
import { hasTicks } from '../capture/tracefs/clock-pairs.ts';
import { findTracefs, type TraceFiles } from '../capture/tracefs/trace-files.ts';
import { chooseTracer, TRACERS } from '../capture/tracers.ts';
import { prepareWorkload } from '../capture/workload.ts';
import { discoverGuests } from '../discover/discover.ts';
import type { Guest, GuestDisk } from '../discover/guest.ts';
import { IotraceError, quoted } from '../errors.ts';
import { calibrate } from './calibrate.ts';
import { type Detail, sayQemuPoints } from './detail.ts';
import { keepText } from './keep-text.ts';
import { foundPoints, outputFile, type RecordOptions, sayState, schedulerPoints } from './record.ts';
import { type RecordResult, resultOf, sayEnd } from './record-result.ts';
import type { ReportOptions } from './report.ts';
import type { Say } from './say.ts';
import { checkGuestRun, type WayIn, wayIn } from './way-in.ts';
import { factsOf, writeRecording } from './write-recording.ts';

export interface RecordGuestOptions extends RecordOptions, WayIn {
  /** Name, UUID or pid. */
  readonly guest: string;
  /** KiB for each CPU of the guest, whose trace is not read before the end. */
  readonly guestBuffer: number;
  /** The disk's name in the guest. */
  readonly guestDisk?: string | undefined;
  /** `qemu`: functions of QEMU as well. */
  readonly detail?: Detail | undefined;
  /** QEMU's trace log, where it was started to write one. */
  readonly qemuLog?: string | undefined;
  /** The command runs in the guest, not here. */
  readonly guestRun?: boolean | undefined;
}

/** Records, writes the bundle, and gives its report. Throws an IotraceError; then nothing traces any more, there or here. */
export async function recordGuest(
  options: RecordGuestOptions,
  command: readonly string[],
  report: ReportOptions,
  say: Say,
): Promise<RecordResult> {
  const way = wayIn(options);
  checkGuestRun(options.guestRun === true, way, command);
  const interrupts = new Interrupts();
  interrupts.listen();
  let inside: GuestSide | undefined;
  try {
    const files = await findTracefs();
    const guest = chooseGuest(await discoverGuests(), options.guest);
    const disk = chooseDiskOf(guest, options.disk);
    say(`recording ${disk.summary} of guest ${quoted(guest.name || String(guest.pid))}, pid ${guest.pid}`);
    if (way === undefined) checkHostAlone(disk);
    inside = way && (await GuestSide.open(way));
    const recording = new GuestRecording({ options, command, files, guest, disk, inside, say });
    const { output, stopped } = await recording.run(interrupts);
    return await resultOf(
      output,
      { interrupted: stopped === 'interrupt', guestLost: inside?.failure !== undefined },
      options.report === false ? undefined : report,
      say,
    );
  } finally {
    await inside?.close();
    interrupts.ignore();
  }
}

interface Scene {
  readonly options: RecordGuestOptions;
  readonly command: readonly string[];
  readonly files: TraceFiles;
  readonly guest: Guest;
  readonly disk: GuestDisk;
  readonly inside: GuestSide | undefined;
  readonly say: Say;
}

class GuestRecording {
  readonly #scene: Scene;
  readonly #name = newRunName();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async run(interrupts: Interrupts): Promise<{ output: string; stopped: SessionResult['stopped'] }> {
    const { options, files, guest, disk, inside, say } = this.#scene;
    const output = outputFile(options.output, guest.name === '' ? `guest-${guest.pid}` : guest.name);
    const stateNotes = await sayState(files, output, say);
    const inner = await this.#chooseInner();
    const devices = await listBlockDevices();
    const drive = devices.find(({ name }) => name === disk.drive?.name);
    const inQemu = options.detail === 'qemu' ? await qemuPoints(guest, disk) : undefined;
    const wanted = [...hostPoints(disk, devices), ...(inQemu?.points ?? []), ...schedulerPoints(options)];
    const { name: tracer, reason } = chooseTracer(options.tracer);
    const { points, notes, bufferKib } = await foundPoints(files, wanted, tracer, options.buffer, say);
    const detailNotes = inQemu === undefined ? [] : sayQemuPoints(inQemu, say);
    say(reason);
    // The others have no TSC.
    const best = tracer === 'tracefs' ? await this.#clock() : 'mono';
    const clock = options.qemuLog === undefined ? best : 'mono';
    if (clock !== best) say('with QEMU’s log the clocks are related by messages, not exactly by the TSC');
    if (options.qemuLog !== undefined && !(await hasTicks(files)))
      throw new IotraceError(
        'qemu-log-clock',
        'The kernel’s tracer has no TSC to relate the clock of QEMU’s log by.',
      );
    const room = await makeRoom(devices, drive, dirname(output), this.#name);
    const before = await this.#facts('before', drive, inner);
    const tids = countedThreads(guest, disk);
    const counters = await startMemoryCounters({ folder: room.folder, mark: this.#name, tids }, say);
    const live = liveLine(process.stderr);
    let samples: MemorySamples | undefined;
    let done = false;
    try {
      const planIn = (folder: string, traced: boolean): SessionPlan => {
        const own = { folder, maxBytes: room.maxBytes };
        const host: PlannedTracer = {
          tracer: TRACERS[tracer]({
            ...{ files, name: this.#name, machine: 'host', points, bufferKib, clock },
            ...own,
          }),
          tasks: { exactly: threadsOf(guest, disk) },
        };
        return {
          tracers: traced
            ? [
                ...this.#innerTracer(inner, clock, own),
                host,
                ...logTracers(options.qemuLog, tracer, { files, name: this.#name, ...own }),
              ]
            : [],
          completed: async () =>
            drive === undefined ? (inside?.last.requests ?? 0) : completedRequests(drive.name),
          present: () => isRunning(guest.pid),
          workload: this.#workload(),
          durationMs: options.duration === undefined ? undefined : options.duration * 1000,
          requests: options.requests,
        };
      };
      if (
        options.duration === undefined &&
        options.requests === undefined &&
        this.#scene.command.length === 0
      )
        say('until Ctrl-C');
      const tracingCost =
        options.calibrate === true ? await calibrate(room.folder, planIn, interrupts, say) : undefined;
      if (options.memorySamples === true)
        samples = startMemorySamples({ folder: room.folder, mark: this.#name }, say);
      const result = await runSession(planIn(room.folder, true), interrupts, live?.show).finally(() =>
        live?.clear(),
      );
      const counts = [...(await counters.stop()), ...((await samples?.stop())?.texts ?? [])];
      sayEnd(result, say);
      if (inside?.failure !== undefined) say(inside.failure.message);
      const after = await this.#facts('after', drive, inner).catch(() => []);
      const facts = factsOf([...before, ...counts, ...after], tracingCost, result, [
        ...(await this.#notes(drive, inner)),
        reason,
        ...stateNotes,
        ...notes,
        ...detailNotes,
        ...((await samples?.stop())?.notes ?? []),
      ]);
      await writeRecording(
        output,
        { title: this.#title(), hasTruth: this.#scene.command.length > 0 },
        result,
        facts,
        say,
      );
      say(`wrote ${output}`);
      done = true;
      return { output, stopped: result.stopped };
    } catch (error) {
      done = error instanceof IotraceError && error.code === 'record-aborted';
      throw error;
    } finally {
      await counters.stop();
      await samples?.stop();
      if (done) await rm(room.folder, { recursive: true, force: true });
      else await keepText(room.folder, say);
    }
  }

  #title(): string {
    const { guest, disk, command, options } = this.#scene;
    if (options.title !== undefined) return options.title;
    const name = guest.name === '' ? `guest ${guest.pid}` : guest.name;
    return [name, disk.id || disk.node, ...(command[0] === undefined ? [] : [basename(command[0])])]
      .filter((part) => part !== '')
      .join(', ');
  }

  /** The disk as the guest calls it. */
  async #chooseInner(): Promise<GuestBlockDevice | undefined> {
    const { options, disk, inside, command, say } = this.#scene;
    if (inside === undefined) return undefined;
    for (const name of inside.removed) say(`removed what a killed iotrace left in the guest: ${name}`);
    const inner = chooseGuestDisk(await inside.disks(), {
      asked: options.guestDisk,
      driver: disk.backend.kind === 'vfio' ? 'nvme' : 'virtio_blk',
      workload: options.guestRun === true ? command : [],
    });
    say(`in the guest it is ${inner.disk.name}, ${inner.why}`);
    inside.watch(inner.disk.name);
    return inner.disk;
  }

  /** The counter, where both sides have it and KVM says how they differ: clocks are related exactly then. */
  async #clock(): Promise<'x86-tsc' | 'mono'> {
    const { files, guest, inside } = this.#scene;
    if (!(await hasTicks(files))) return 'mono';
    if (inside === undefined) return 'x86-tsc';
    const offset = (await kvmFacts(guest.pid, 'before')).some(({ text }) => /tsc-offset:-?\d+$/m.test(text));
    const there = /\[?x86-tsc\]?/.test(await inside.run('cat $iot_T/trace_clock'));
    return offset && there ? 'x86-tsc' : 'mono';
  }

  #innerTracer(inner: GuestBlockDevice | undefined, clock: 'x86-tsc' | 'mono', room: Room): PlannedTracer[] {
    const { inside, options } = this.#scene;
    if (inside === undefined || inner === undefined) return [];
    const tracer = guestTracer({
      guest: inside,
      points: guestPoints(inner),
      clock,
      bufferKib: options.guestBuffer,
      ...room,
    });
    return [{ tracer, tasks: options.guestRun === true ? { else: 'all' } : 'all' }];
  }

  #workload(): (() => ReturnType<typeof prepareWorkload>) | undefined {
    const { command, inside, options } = this.#scene;
    if (command.length === 0) return undefined;
    return options.guestRun === true
      ? () => prepareGuestWorkload(inside!, command)
      : () => prepareWorkload({ command, keepOutput: true });
  }

  async #facts(
    order: 'before' | 'after',
    drive: Awaited<ReturnType<typeof listBlockDevices>>[number] | undefined,
    inner: GuestBlockDevice | undefined,
  ): Promise<FactText[]> {
    const { guest, disk, inside } = this.#scene;
    const once =
      order === 'after'
        ? []
        : [
            ...(await guestFacts(guest, disk.daemon)),
            await readSettings(drive),
            ...driveNode(disk),
            ...(inside === undefined || inner === undefined ? [] : [await guestSettings(inside, inner.name)]),
          ];
    const there =
      inside === undefined || inside.failure !== undefined ? [] : [await guestInterrupts(inside, order)];
    return [...once, ...(await readCounters(order)), ...(await kvmFacts(guest.pid, order)), ...there];
  }

  async #notes(
    drive: Awaited<ReturnType<typeof listBlockDevices>>[number] | undefined,
    inner: GuestBlockDevice | undefined,
  ): Promise<string[]> {
    const { guest, disk, inside } = this.#scene;
    const xml = await libvirtXml(guest);
    return [
      `disk of the guest: ${disk.summary}`,
      ...(inside === undefined || inner === undefined || inside.failure !== undefined
        ? []
        : (await describeGuest(inside, inner.name)).map((each) => `in the guest: ${each}`)),
      ...(await describeMachine(drive)).map((each) => `on the host: ${each}`),
      ...(await guestNotes(guest, disk.daemon)),
      ...(xml === '' ? [] : [`libvirt: ${xml}`]),
    ];
  }
}
