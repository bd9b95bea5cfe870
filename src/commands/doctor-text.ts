/** The doctor's answer in a terminal. Names of guests, disks and kernels are foreign: all is made harmless before it is laid out. */
import { type Diagnosis, isSeen, type PointRow } from '../capture/doctor/diagnose.ts';
import type { KernelView } from '../capture/doctor/kernel-view.ts';
import type { Reason } from '../capture/doctor/reason.ts';
import type { MachineView, Sight } from '../capture/doctor/see-point.ts';
import { TRACER_NAMES, type TracerName } from '../capture/tracer-names.ts';
import { escapeStrings, escapeTerminal } from '../render/escape.ts';
import { layoutTable } from '../render/table.ts';
import { flow, hang, wrapText } from '../render/wrap.ts';

/** What was looked at. */
export interface DoctorScene {
  /** The disk in words. */
  readonly what: string;
  /** Paths its requests may take as well. */
  readonly others: readonly string[];
  readonly host: MachineView;
  readonly guest: MachineView | undefined;
}

const LEGEND =
  '! border of a stage that is not seen; · and indented: only helps to find others; +3: that many more events stamp it; –: not used in a guest';

/** The answer first, then the points, what is lost, and what to do; lines of at most `width`. */
export function diagnosisText(diagnosis: Diagnosis, scene: DoctorScene, width: number): string {
  const safe = escapeStrings(diagnosis, escapeTerminal);
  const paragraphs = [
    wrapText(`${safe.path}: ${safe.title}; ${escapeTerminal(scene.what)}`, width),
    verdict(safe, width),
    machineLines(scene, width),
    pointTable(safe, width),
    ...lossLines(safe, width),
    reasonLines(safe, width),
    notAskedLines(safe, scene.others, width),
  ];
  return `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdict(diagnosis: Diagnosis, width: number): string[] {
  const used = diagnosis.rows.filter(({ machine, isBorder }) => machine === 'host' && isBorder);
  const count = (name: TracerName) =>
    `${name} ${used.filter((row) => isSeen(row, name)).length} of ${used.length}`;
  return wrapText(
    `${verdictOf(diagnosis)} Borders of stages seen on the host: ${TRACER_NAMES.map(count).join(', ')}.`,
    width,
  );
}

function verdictOf({ complete, impossible, hostAlone, tracer }: Diagnosis): string {
  if (impossible.length > 0) return `No recording is possible: ${impossible.join(' and ')} cannot be seen.`;
  if (complete) return `A recording with ${tracer} would be complete.`;
  if (hostAlone)
    return 'A recording would not be complete: without a way into the guest it is of the host alone (path virtio-blk-host-only, where the host’s kernel has the drive).';
  return `A recording with ${tracer} would not be complete.`;
}

function machineLines({ host, guest }: DoctorScene, width: number): string[] {
  const tools = [host.perf, host.bpftrace].flatMap((tool) =>
    'version' in tool ? [escapeTerminal(tool.version)] : [],
  );
  const line = (kernel: KernelView, more: readonly string[]) =>
    hang(kernel.machine, flow([...kernelFacts(kernel), ...more], width - 7, ', '), 7);
  return [...line(host.kernel, tools), ...(guest === undefined ? [] : line(guest.kernel, []))];
}

function kernelFacts(kernel: KernelView): string[] {
  const { release, isRoot, hasTracefs, hasKprobes, hasBtf, lockdown } = kernel;
  const known = isRoot && hasTracefs;
  return [
    ...(release === '' ? [] : [`Linux ${escapeTerminal(release)}`]),
    isRoot ? 'root' : 'not root',
    ...(isRoot ? [hasTracefs ? 'tracefs' : 'no tracefs'] : []),
    ...(known ? [hasKprobes ? 'kprobes' : 'no kprobes', hasBtf ? 'BTF' : 'no BTF'] : []),
    ...(lockdown === 'none' ? [] : [`lockdown ${lockdown}`]),
  ];
}

function pointTable({ rows, tracer }: Diagnosis, width: number): string[] {
  const columns = [
    { title: '', align: 'left' as const },
    { title: 'point', align: 'left' as const },
    ...TRACER_NAMES.map((title) => ({ title, align: 'left' as const })),
    { title: 'seen by', align: 'left' as const, shrink: true },
  ];
  const cells = rows.map((row) => [
    isSeen(row, tracer) ? '' : row.isBorder ? '!' : '·',
    row.isBorder ? row.point : `  ${row.point}`,
    ...TRACER_NAMES.map((name) => mark(row.sights[name])),
    seenBy(row, tracer),
  ]);
  return [...layoutTable(columns, cells, width).flat(), ...wrapText(LEGEND, width)];
}

function mark(sight: Sight | undefined): string {
  if (sight === undefined) return '–';
  return 'by' in sight ? 'yes' : 'no';
}

function seenBy(row: PointRow, tracer: TracerName): string {
  const taken = row.sights[row.machine === 'guest' ? 'tracefs' : tracer];
  if (taken === undefined) return '';
  if ('reason' in taken) return taken.reason.id;
  // A tracepoint's own name tells its system.
  const name = taken.by.replace(/^(?!kprobe:|uprobe:|kfunc:|fentry:).*:/, '');
  return row.more === 0 ? name : `${name} +${row.more}`;
}

function lossLines({ merged, unmeasured, impossible }: Diagnosis, width: number): string[][] {
  if (impossible.length > 0 || merged.length + unmeasured.length === 0) return [];
  return [
    [
      'What the breakdown loses',
      ...merged.flatMap(({ stage, without }) =>
        item(
          `${stage} ${stage.includes('+') ? 'are one stage' : 'is longer'}: without ${without.join(', ')}`,
          width,
        ),
      ),
      ...unmeasured.flatMap((stage) => item(`${stage} is not measured`, width)),
    ],
  ];
}

function reasonLines({ rows }: Diagnosis, width: number): string[] {
  const found = new Map<string, { reason: Reason; tracers: Set<TracerName>; points: Set<string> }>();
  for (const row of rows)
    for (const tracer of TRACER_NAMES) {
      const sight = row.sights[tracer];
      if (sight === undefined || 'by' in sight) continue;
      const key = `${row.machine} ${sight.reason.text}`;
      const entry = found.get(key) ?? { reason: sight.reason, tracers: new Set(), points: new Set() };
      entry.tracers.add(tracer);
      entry.points.add(row.point);
      found.set(key, entry);
    }
  if (found.size === 0) return [];
  return [
    'Why, and what to do',
    ...[...found].flatMap(([key, { reason, tracers, points }]) => [
      ...item(`${key.split(' ')[0]}, ${[...tracers].join(', ')}: ${reason.text}`, width),
      ...wrapText(`points: ${[...points].join(', ')}`, width - 4).map((line) => `    ${line}`),
      ...wrapText(`remedy: ${reason.remedy}`, width - 4).map((line) => `    ${line}`),
    ]),
  ];
}

function notAskedLines({ notAsked }: Diagnosis, others: readonly string[], width: number): string[] {
  return [
    ...(notAsked.length === 0
      ? []
      : wrapText(
          `record does not ask for ${notAsked.join(', ')}: functions of programs and drivers. Their stages are parts of others${notAsked.some((point) => point.startsWith('backend:')) ? ' (of QEMU’s some are asked for with --detail qemu)' : ''}.`,
          width,
        )),
    ...(others.length === 0
      ? []
      : wrapText(`Its requests may also take ${escapeTerminal(others.join(', '))} (--path).`, width)),
  ];
}

function item(text: string, width: number): string[] {
  return wrapText(text, width - 4).map((line, at) => (at === 0 ? `  ${line}` : `    ${line}`));
}
