/** `iotrace record`: traces this machine's own disk, writes one bundle, prints its report. */
import { rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { cwd } from 'node:process';
import { type BlockDevice, completedRequests, listBlockDevices } from '../capture/block-devices.ts';
import { chooseDisk } from '../capture/choose-disk.ts';
import { diskPoints } from '../capture/disk-points.ts';
import { Interrupts } from '../capture/interrupts.ts';
import { latencyLogOf } from '../capture/latency-log.ts';
import { findDeadText, removeLeftovers } from '../capture/leftovers.ts';
import { liveLine } from '../capture/live-line.ts';
import {
  describeMachine,
  diskStatistics,
  interruptNames,
  readCounters,
  readSettings,
} from '../capture/machine-facts.ts';
import { startMemoryCounters } from '../capture/memory-counters.ts';
import { type MemorySamples, startMemorySamples } from '../capture/memory-samples.ts';
import { ownTasks, pidsAreTheKernels } from '../capture/own-tasks.ts';
import { checkBuffers, MEMORY_FOLDER, makeRoom, usualBuffer } from '../capture/room.ts';
import { newRunName } from '../capture/run-name.ts';
import { SCHEDULER_POINTS } from '../capture/scheduler-points.ts';
import { runSession, type SessionPlan, type SessionResult } from '../capture/session.ts';
import { hasSteadyTicks } from '../capture/tracefs/clock-pairs.ts';
import { findPoints } from '../capture/tracefs/find-points.ts';
import { foreignTracers } from '../capture/tracefs/foreign-tracers.ts';
import { findTracefs, type TraceFiles } from '../capture/tracefs/trace-files.ts';
import type { TraceClock } from '../capture/tracefs/trace-instance.ts';
import type { TracerChoice, TracerName } from '../capture/tracer-names.ts';
import { chooseTracer, TRACERS } from '../capture/tracers.ts';
import { type FoundPoint, pointName, type WantedPoint } from '../capture/wanted-point.ts';
import { prepareWorkload, printsFioJson, type WorkloadPlan } from '../capture/workload.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { escapeTerminal } from '../render/escape.ts';
import { calibrate } from './calibrate.ts';
import { keepText } from './keep-text.ts';
import { type RecordResult, resultOf, sayEnd } from './record-result.ts';
import type { ReportOptions } from './report.ts';
import type { Say } from './say.ts';
import { factsOf, writeRecording } from './write-recording.ts';

export interface RecordOptions {
  /** What the report calls the recording, instead of its disk and command. */
  readonly title?: string | undefined;
  /** False: the bundle is written, and nothing is read of it. */
  readonly report?: boolean | undefined;
  readonly disk?: string | undefined;
  /** Seconds. */
  readonly duration?: number | undefined;
  readonly requests?: number | undefined;
  /** Measure what tracing costs a request, before the recording. */
  readonly calibrate?: boolean | undefined;
  /** Record switches of tasks and idle states as well. */
  readonly scheduler?: boolean | undefined;
  /** Sample loads with perf c2c as well. */
  readonly memorySamples?: boolean | undefined;
  readonly tracer: TracerChoice;
  /** KiB of each CPU's; undefined: what `usualBuffer` says. */
  readonly buffer?: number | undefined;
  readonly output?: string | undefined;
}

/** What `record` and `demo` have in common: what is run, and what it prints. */
export interface RecordPlan extends RecordOptions {
  /** Its name in the title; '' where all that reads and writes is recorded. */
  readonly runs: string;
  readonly workload?: WorkloadPlan | undefined;
  /** The clock it stamps its own requests with; undefined: it does not, and the one that is printed finest is taken. */
  readonly clock?: TraceClock | undefined;
  /** The bundle goes when its report is printed: then nothing says that it was written. */
  readonly temporary?: boolean | undefined;
}

/** Records, writes the bundle, and gives its report. Throws an IotraceError; then nothing traces any more. */
export async function record(
  options: RecordOptions,
  command: readonly string[],
  report: ReportOptions,
  say: Say,
): Promise<RecordResult> {
  const workload = command.length === 0 ? undefined : { command, keepOutput: printsFioJson(command) };
  return recordAndReport({ ...options, workload, runs: command[0] ?? '' }, report, say);
}

/** The same for a plan. */
export async function recordAndReport(
  plan: RecordPlan,
  report: ReportOptions,
  say: Say,
): Promise<RecordResult> {
  const interrupts = new Interrupts();
  interrupts.listen();
  try {
    const { output, interrupted } = await recordBundle(plan, interrupts, say);
    return await resultOf(
      output,
      { interrupted, guestLost: false },
      plan.report === false ? undefined : report,
      say,
    );
  } finally {
    interrupts.ignore();
  }
}

async function recordBundle(
  plan: RecordPlan,
  interrupts: Interrupts,
  say: Say,
): Promise<{ output: string; interrupted: boolean }> {
  const files = await findTracefs();
  const devices = await listBlockDevices();
  const choice = await chooseDisk(devices, {
    asked: plan.disk,
    workload: plan.workload?.command ?? [],
    folder: cwd(),
  });
  say(`recording ${choice.disk.name} (${choice.disk.major}:${choice.disk.minor}), ${choice.why}`);
  const output = outputFile(plan.output, choice.disk.name);
  const { name: tracer, reason } = chooseTracer(plan.tracer);
  say(reason);
  const stateNotes = await sayState(files, output, say);
  const wanted = [...diskPoints(choice.disk, await interruptNames()), ...schedulerPoints(plan)];
  const { points, notes, bufferKib } = await foundPoints(files, wanted, tracer, plan.buffer, say);
  const name = newRunName();
  const room = await makeRoom(devices, choice.disk, dirname(output), name);
  const begunMs = Date.now();
  const settings = await readSettings(choice.disk);
  const before = await readCounters('before');
  const statsBefore = await diskStatistics(choice.disk);
  if (plan.workload === undefined && plan.duration === undefined && plan.requests === undefined)
    say('until Ctrl-C');
  const counters = await startMemoryCounters({ folder: room.folder, mark: name, tids: [] }, say);
  const live = liveLine(process.stderr);
  // Printed whole, where other clocks are printed in microseconds: stages of a disk's own path take a few.
  const clock = plan.clock ?? ((await hasSteadyTicks(files)) ? 'x86-tsc' : 'mono');
  const tasks = (await pidsAreTheKernels()) ? ({ else: { but: await ownTasks() } } as const) : 'all';
  const planIn = (folder: string, traced: boolean): SessionPlan => ({
    tracers: traced
      ? [
          {
            tracer: TRACERS[tracer]({
              ...{ files, name, machine: 'host', points, bufferKib, clock },
              ...{ folder, maxBytes: room.maxBytes },
            }),
            tasks,
          },
        ]
      : [],
    completed: () => completedRequests(choice.disk.name),
    workload: plan.workload && (() => prepareWorkload(plan.workload!)),
    durationMs: plan.duration === undefined ? undefined : plan.duration * 1000,
    requests: plan.requests,
  });
  let samples: MemorySamples | undefined;
  let done = false;
  try {
    const tracingCost =
      plan.calibrate === true ? await calibrate(room.folder, planIn, interrupts, say) : undefined;
    if (plan.memorySamples === true) samples = startMemorySamples({ folder: room.folder, mark: name }, say);
    const result = await runSession(planIn(room.folder, true), interrupts, live?.show).finally(() =>
      live?.clear(),
    );
    const counts = [...(await counters.stop()), ...((await samples?.stop())?.texts ?? [])];
    sayEnd(result, say);
    checkSomething(result, choice.disk);
    const after = await readCounters('after');
    const facts = factsOf([settings, ...counts, ...before, ...after], tracingCost, result, [
      ...(await describeMachine(choice.disk)),
      reason,
      ...stateNotes,
      ...notes,
      ...((await samples?.stop())?.notes ?? []),
      `disk statistics before: ${statsBefore}`,
      `disk statistics after: ${await diskStatistics(choice.disk)}`,
    ]);
    const { disk } = choice;
    const title = plan.title ?? (plan.runs === '' ? disk.name : `${disk.name}, ${basename(plan.runs)}`);
    const { keepOutput: hasTruth = false, command = [] } = plan.workload ?? {};
    const latencyLog = hasTruth ? await latencyLogOf(command, cwd(), begunMs) : undefined;
    await writeRecording(output, { title, hasTruth, latencyLog }, result, facts, say);
    if (plan.temporary !== true) say(`wrote ${output}`);
    done = true;
    return { output, interrupted: result.stopped === 'interrupt' };
  } catch (error) {
    done = error instanceof IotraceError && WORTHLESS.has(error.code);
    throw error;
  } finally {
    await counters.stop();
    await samples?.stop();
    if (done) await rm(room.folder, { recursive: true, force: true });
    else await keepText(room.folder, say);
  }
}

/** Failures after which the text is of no use. */
const WORTHLESS = new Set(['record-aborted', 'record-nothing']);

/** What is recorded beside the points of the disk's path. */
export function schedulerPoints({ scheduler }: RecordOptions): readonly WantedPoint[] {
  return scheduler === true ? SCHEDULER_POINTS : [];
}

/** Leftovers that were removed, and who else traces: said, and as notes for the report. */
export async function sayState(files: TraceFiles, output: string, say: Say): Promise<string[]> {
  const leftovers = await removeLeftovers(files);
  for (const what of leftovers.removed) say(`removed what a killed iotrace left: ${escapeTerminal(what)}`);
  for (const what of leftovers.inUse) say(`a killed iotrace left ${escapeTerminal(what)}; something uses it`);
  for (const folder of await findDeadText([dirname(output), MEMORY_FOLDER]))
    say(
      `a killed iotrace left ${quoted(folder)}: iotrace import --host FILES makes a bundle of it, or delete it`,
    );
  const foreign = await foreignTracers(files);
  for (const each of foreign)
    say(`the kernel’s tracer is in use: ${each}; left alone, what it costs is in the figures`);
  return foreign.map((each) => `traced at the same time: ${each}`);
}

/** Points there are on this machine, and notes on those there are not. Throws an IotraceError where buffers are too large. */
export async function foundPoints(
  files: TraceFiles,
  wanted: readonly WantedPoint[],
  tracer: TracerName,
  asked: number | undefined,
  say: Say,
): Promise<{ points: readonly FoundPoint[]; notes: string[]; bufferKib: number }> {
  const { found, missing } = await findPoints(files, wanted);
  const isCall = (point: WantedPoint | FoundPoint) => pointName(point).startsWith('syscalls:');
  if (wanted.some(isCall) && !found.some(isCall))
    missing.unshift('syscalls:* (no system call: requests begin where the driver gets them)');
  if (missing.length > 0) say(`this kernel does not have ${missing.join(', ')}`);
  const cpus = (await files.list('per_cpu')).length;
  const instances = new Set(found.map(({ scope }) => scope)).size;
  const bufferKib = asked ?? usualBuffer(tracer, cpus, Math.max(1, instances));
  checkBuffers(bufferKib, cpus, instances);
  return {
    points: found,
    bufferKib,
    notes: missing.length > 0 ? [`events this kernel does not have: ${missing.join(', ')}`] : [],
  };
}

/**
 * The bundle's file: as asked for, or named after what is recorded and the time. Throws an IotraceError for stdout, where
 * the report goes.
 */
export function outputFile(asked: string | undefined, recorded: string): string {
  if (asked === '-')
    throw new IotraceError('output-stdout', 'A bundle cannot be written to stdout.', {
      hint: 'The report goes there; name a file for the bundle (-o FILE).',
      exitCode: EXIT_CODES.usage,
    });
  // 20261122-145901
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  return resolve(asked ?? `${recorded.replace(/[^\w.-]/g, '_')}-${time}.iotrace.zip`);
}

function checkSomething({ requests }: SessionResult, disk: BlockDevice): void {
  if (requests > 0) return;
  throw new IotraceError('record-nothing', `Nothing happened on ${disk.name} while it was recorded.`, {
    hint: 'Was everything read from memory? Use direct I/O (fio --direct=1, dd iflag=direct), or name the disk (--disk).',
  });
}
