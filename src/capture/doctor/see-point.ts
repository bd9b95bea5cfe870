/** Whether a tracer can see a wanted point on a machine as it is, or why not. */
import { chooseBlocks } from '../bpftrace/compose-script.ts';
import type { ScriptBlock } from '../bpftrace/script-block.ts';
import type { TracerName } from '../tracer-names.ts';
import { type FoundPoint, pointName, type WantedKprobe, type WantedPoint } from '../wanted-point.ts';
import type { BpftraceView, KernelView, ToolView } from './kernel-view.ts';
import {
  eventMissing,
  functionForbidden,
  functionMissing,
  MARK_BY_BPFTRACE,
  NO_UPROBES,
  noScript,
  REASONS,
  type Reason,
  systemMissing,
} from './reason.ts';

/** A machine and the programs on it that trace. */
export interface MachineView {
  readonly kernel: KernelView;
  readonly perf: ToolView;
  readonly bpftrace: BpftraceView;
  /** The bundled scripts, taken apart. */
  readonly library: readonly ScriptBlock[];
}

/** The event or probe a tracer would use, in words, or why there is none. */
export type Sight = { readonly by: string } | { readonly reason: Reason };

/** What a tracer sees of a point. */
export function seePoint(point: WantedPoint, machine: MachineView, tracer: TracerName): Sight {
  const whole = machineReason(machine.kernel);
  if (whole !== undefined) return { reason: whole };
  if (tracer === 'bpftrace') return seeByBpftrace(point, machine);
  if (tracer === 'perf' && 'reason' in machine.perf) return { reason: toolReason(machine.perf) };
  // perf records kprobes that are made in tracefs.
  return seeInKernel(point, machine.kernel);
}

/** Why nothing at all can be seen there. */
function machineReason({ isLinux, isRoot, hasTracefs, lockdown }: KernelView): Reason | undefined {
  if (!isLinux) return REASONS.notLinux;
  if (!isRoot) return REASONS.notRoot;
  if (lockdown === 'confidentiality') return REASONS.lockdown;
  return hasTracefs ? undefined : REASONS.noTracefs;
}

function seeInKernel(point: WantedPoint, kernel: KernelView): Sight {
  if (point.kind === 'kprobe') return seeFunction(point, kernel);
  // Programs are probed by a place in their file, which is known when the point is wanted at all.
  if (point.kind === 'uprobe') return kernel.hasUprobes ? { by: pointName(point) } : { reason: NO_UPROBES };
  const { system, names } = point;
  const name = names.find((each) => kernel.events.has(`${system}/${each}`));
  if (name !== undefined) return { by: `${system}:${name}` };
  return { reason: kernel.systems.has(system) ? eventMissing(system, names[0]!) : systemMissing(system) };
}

function seeFunction({ functions }: WantedKprobe, kernel: KernelView): Sight {
  if (!kernel.hasKprobes) return { reason: REASONS.noKprobes };
  const there = functions.filter(({ symbol }) => kernel.functions.has(symbol));
  const allowed = there.find(({ symbol }) => !kernel.blacklist.has(symbol));
  if (allowed !== undefined) return { by: `kprobe:${allowed.symbol}` };
  const symbols = (there.length > 0 ? there : functions).map(({ symbol }) => symbol);
  return { reason: there.length > 0 ? functionForbidden(symbols) : functionMissing(symbols) };
}

function seeByBpftrace(point: WantedPoint, { kernel, bpftrace, library }: MachineView): Sight {
  if ('reason' in bpftrace) return { reason: toolReason(bpftrace) };
  const found = foundPoint(point, kernel);
  if ('reason' in found) return found;
  const [chosen] = chooseBlocks([found], library, bpftrace).chosen;
  if (chosen !== undefined) return { by: chosen.probe };
  const anywhere = chooseBlocks([found], library, { probeOf: (probe) => probe }).chosen;
  if (point.kind === 'uprobe' && point.function.mark !== undefined) return { reason: MARK_BY_BPFTRACE };
  if (anywhere.length === 0 || point.kind !== 'kprobe') return { reason: noScript(pointName(found)) };
  const symbols = point.functions.map(({ symbol }) => symbol);
  const there = symbols.filter((symbol) => kernel.functions.has(symbol));
  if (there.length === 0) return { reason: functionMissing(symbols) };
  return { reason: kernel.hasKprobes ? functionForbidden(there) : REASONS.noFentry };
}

function foundPoint(point: WantedPoint, kernel: KernelView): FoundPoint | { readonly reason: Reason } {
  if (point.kind !== 'tracepoint') return point;
  const sight = seeInKernel(point, kernel);
  if ('reason' in sight) return sight;
  const { names, ...rest } = point;
  return { ...rest, name: names.find((each) => kernel.events.has(`${point.system}/${each}`))! };
}

function toolReason({ reason, text, remedy }: Extract<ToolView, { reason: string }>): Reason {
  return { id: reason, text, remedy };
}
