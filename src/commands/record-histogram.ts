/** `iotrace record --histogram`: counts a disk's stages in the kernel, for hours if need be, and writes one small JSON file. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { cwd } from 'node:process';
import { type BlockDevice, completedRequests, listBlockDevices } from '../capture/block-devices.ts';
import { histogramTracer } from '../capture/bpftrace/histogram-tracer.ts';
import { chooseDisk } from '../capture/choose-disk.ts';
import { chooseDiskOf, chooseGuest } from '../capture/guest/choose-guest.ts';
import { isRunning } from '../capture/guest/whom-to-record.ts';
import { Interrupts } from '../capture/interrupts.ts';
import { liveLine } from '../capture/live-line.ts';
import { describeMachine } from '../capture/machine-facts.ts';
import { pidsAreTheKernels } from '../capture/own-tasks.ts';
import { makeRoom } from '../capture/room.ts';
import { newRunName } from '../capture/run-name.ts';
import { runSession, type SessionResult } from '../capture/session.ts';
import { findTracefs } from '../capture/tracefs/trace-files.ts';
import type { TaskChoice } from '../capture/tracer.ts';
import { prepareWorkload } from '../capture/workload.ts';
import { discoverGuests } from '../discover/discover.ts';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';
import { HISTOGRAM_SCHEMA, type Histogram } from '../histogram/histogram-model.ts';
import { readCounts } from '../histogram/read-counts.ts';
import { renderHistogram } from '../render/histogram.ts';
import { version } from '../version.ts';
import { outputFile, type RecordOptions, sayState } from './record.ts';
import { type RecordResult, sayEnd } from './record-result.ts';
import type { Say } from './say.ts';

export interface HistogramOptions
  extends Pick<RecordOptions, 'disk' | 'duration' | 'requests' | 'output' | 'title'> {
  /** Name, UUID or pid: calls of the process that serves its disk are counted. Undefined: those of all, or of the command. */
  readonly guest?: string | undefined;
  readonly width: number;
}

/** Whose requests of which disk are counted, and a phrase that says so. */
interface Subject {
  readonly disk: BlockDevice;
  readonly title: string;
  readonly tasks: TaskChoice;
  readonly present?: () => Promise<boolean>;
}

/** Counts, writes the file, and gives its text. Throws an IotraceError; then nothing traces any more. */
export async function recordHistogram(
  options: HistogramOptions,
  command: readonly string[],
  say: Say,
): Promise<RecordResult> {
  const interrupts = new Interrupts();
  interrupts.listen();
  try {
    const devices = await listBlockDevices();
    const subject = await subjectOf(options, command, devices);
    say(`counting requests of ${subject.disk.name}: ${subject.title}`);
    const { histogram, stopped } = await count({ subject, command, devices, options }, interrupts, say);
    const output = outputFile(options.output, subject.disk.name).replace(
      /\.iotrace\.zip$/,
      '.histogram.json',
    );
    await writeFile(output, `${JSON.stringify(histogram, null, 1)}\n`);
    say(`wrote ${output}`);
    return {
      text: renderHistogram(histogram, options.width),
      exitCode: stopped === 'interrupt' ? EXIT_CODES.interrupted : EXIT_CODES.ok,
    };
  } finally {
    interrupts.ignore();
  }
}

interface Scene {
  readonly subject: Subject;
  readonly command: readonly string[];
  readonly devices: readonly BlockDevice[];
  readonly options: HistogramOptions;
}

async function count(
  { subject, command, devices, options }: Scene,
  interrupts: Interrupts,
  say: Say,
): Promise<{ histogram: Histogram; stopped: SessionResult['stopped'] }> {
  const { disk, title, tasks, present } = subject;
  const files = await findTracefs();
  const stateNotes = await sayState(files, outputFile(options.output, disk.name), say);
  const name = newRunName();
  const room = await makeRoom(devices, disk, dirname(outputFile(options.output, disk.name)), name);
  const tracer = histogramTracer({
    files,
    name,
    folder: room.folder,
    dev: disk.major * 2 ** 20 + disk.minor,
  });
  if (command.length === 0 && options.duration === undefined && options.requests === undefined)
    say('until Ctrl-C');
  const live = liveLine(process.stderr);
  const traced = command.length > 0 && tasks === 'all' && (await pidsAreTheKernels());
  try {
    const result = await runSession(
      {
        tracers: [{ tracer, tasks: traced ? { else: 'all' } : tasks }],
        completed: () => completedRequests(disk.name),
        present,
        workload: command.length === 0 ? undefined : () => prepareWorkload({ command, keepOutput: false }),
        durationMs: options.duration === undefined ? undefined : options.duration * 1000,
        requests: options.requests,
      },
      interrupts,
      live?.show,
    ).finally(() => live?.clear());
    sayEnd(result, say);
    const counts = readCounts(await readFile(result.streams[0]!.file, 'utf8'), {
      ofAll: tracer.countsAll(),
    });
    if (counts === undefined)
      throw new IotraceError('histogram-empty', 'bpftrace ended and printed no counts.', {
        hint: 'Was it killed? Then what it had counted is gone with it.',
      });
    return {
      stopped: result.stopped,
      histogram: {
        iotrace: 'histogram',
        schema: HISTOGRAM_SCHEMA,
        tool: version(),
        title: options.title ?? (command.length > 0 ? `${title}, ${basename(command[0]!)}` : title),
        disk: `${disk.name} (${disk.major}:${disk.minor})`,
        seconds: result.elapsedMs / 1000,
        ...counts,
        missed: tracer.missed() ?? null,
        notes: [
          ...result.notes,
          ...(await describeMachine(disk)),
          ...result.missing.map((point) => `not counted, because it is not there: ${point}`),
          ...stateNotes,
        ],
      },
    };
  } finally {
    await rm(room.folder, { recursive: true, force: true });
  }
}

async function subjectOf(
  { guest: asked, disk }: HistogramOptions,
  command: readonly string[],
  devices: readonly BlockDevice[],
): Promise<Subject> {
  if (asked === undefined) {
    const choice = await chooseDisk(devices, { asked: disk, workload: command, folder: cwd() });
    const whose = command.length === 0 ? 'calls of all processes' : 'calls of the command';
    return { disk: choice.disk, title: whose, tasks: 'all' };
  }
  const guest = chooseGuest(await discoverGuests(), asked);
  const { drive, daemon, summary } = chooseDiskOf(guest, disk);
  const found = devices.find(({ name }) => name === drive?.name);
  if (found === undefined)
    throw new IotraceError(
      'histogram-no-drive',
      `The host’s kernel has no drive of this disk: ${quoted(summary)}.`,
      {
        hint: 'Requests of VFIO and nvme:// pass it by; record them without --histogram.',
        exitCode: EXIT_CODES.usage,
      },
    );
  const pid = daemon?.pid ?? guest.pid;
  return {
    disk: found,
    title: `guest ${guest.name || guest.pid}, calls of ${daemon?.program ?? guest.program} (pid ${pid})`,
    tasks: { only: [pid] },
    present: () => isRunning(pid),
  };
}
