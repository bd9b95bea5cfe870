/** This machine as the doctor sees it. Reads only; makes no probe and no instance. */
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { IotraceError } from '../../errors.ts';
import { askBpftrace, hasBtf } from '../bpftrace/bpftrace-host.ts';
import type { ScriptBlock } from '../bpftrace/script-block.ts';
import { scriptLibrary } from '../bpftrace/script-library.ts';
import { kernelFunctions } from '../kernel-functions.ts';
import { askPerf } from '../perf/perf-host.ts';
import { TRACEFS_PLACES, type TraceFiles, traceFilesAt } from '../tracefs/trace-files.ts';
import type { WantedPoint } from '../wanted-point.ts';
import { type BpftraceView, type KernelView, lockdownMode, type ToolView } from './kernel-view.ts';
import type { MachineView } from './see-point.ts';

/** What of the wanted points there is here, and the programs that trace. */
export async function lookAtHost(wanted: readonly WantedPoint[]): Promise<MachineView> {
  const files = await mountedTracefs();
  const library = await scriptLibrary();
  return {
    kernel: await lookAtKernel(files, wanted),
    perf: await lookAtTool(async () => ({ version: await askPerf() })),
    bpftrace: await lookAtBpftrace(files, library),
    library,
  };
}

async function lookAtKernel(
  files: TraceFiles | undefined,
  wanted: readonly WantedPoint[],
): Promise<KernelView> {
  return {
    machine: 'host',
    release: release(),
    isLinux: process.platform === 'linux',
    isRoot: process.geteuid?.() === 0,
    hasTracefs: files !== undefined,
    lockdown: lockdownMode(await text('/sys/kernel/security/lockdown')),
    hasKprobes: (await files?.has('kprobe_events')) === true,
    hasUprobes: (await files?.has('uprobe_events')) === true,
    hasBtf: await hasBtf(),
    ...(await presentEvents(files, wanted)),
    functions: await kernelFunctions(),
    blacklist: blacklistOf(await text('/sys/kernel/debug/kprobes/blacklist')),
  };
}

async function mountedTracefs(): Promise<TraceFiles | undefined> {
  for (const place of TRACEFS_PLACES) {
    const files = traceFilesAt(place);
    if ((await files.has('instances')) && (await files.has('events'))) return files;
  }
  return undefined;
}

async function presentEvents(files: TraceFiles | undefined, wanted: readonly WantedPoint[]) {
  const events = new Set<string>();
  const systems = new Set<string>();
  for (const point of files === undefined ? [] : wanted) {
    if (point.kind !== 'tracepoint') continue;
    if (await files!.has(`events/${point.system}`)) systems.add(point.system);
    for (const name of point.names)
      if (await files!.has(`events/${point.system}/${name}/format`)) events.add(`${point.system}/${name}`);
  }
  return { events, systems };
}

/** Functions of the list: `0xffffffff81023a40-0xffffffff81023a90	do_int3`. */
function blacklistOf(list: string): Set<string> {
  return new Set([...list.matchAll(/^0x[0-9a-f]+-0x[0-9a-f]+\s+(\S+)$/gm)].map(([, name]) => name!));
}

async function lookAtBpftrace(
  files: TraceFiles | undefined,
  library: readonly ScriptBlock[],
): Promise<BpftraceView> {
  const none = { has: async () => false };
  return lookAtTool(async () => {
    const host = await askBpftrace(
      files ?? none,
      library.map(({ probe }) => probe),
    );
    return { version: host.version, probeOf: host.probeOf };
  });
}

/** The answer, or why there is none: what the program that is missing or too old would say when recording. */
async function lookAtTool<Answer>(
  ask: () => Promise<Answer>,
): Promise<Answer | Extract<ToolView, { reason: string }>> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof IotraceError)) throw error;
    return { reason: error.code, text: error.message, remedy: error.hint ?? '' };
  }
}

function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
