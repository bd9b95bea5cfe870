/** A path, what a recording asks for and the machines as they are → what would be seen, and what the breakdown would lose. */
import type { IoPath } from '../../paths/io-path.ts';
import { type PointId, pointById } from '../../paths/points.ts';
import type { StageId } from '../../paths/stages.ts';
import { stampingEvents } from '../../paths/stamping-events.ts';
import { type VisibleStage, visibleStages } from '../../paths/visible-stages.ts';
import { TRACER_NAMES, type TracerName } from '../tracer-names.ts';
import type { WantedPoint } from '../wanted-point.ts';
import { placeHidden, REASONS, type Reason } from './reason.ts';
import { type MachineView, type Sight, seePoint } from './see-point.ts';

/** A point inside a program whose file does not tell where it is. */
export interface HiddenPoint {
  readonly point: PointId;
  readonly names: readonly string[];
}

/** What is asked. */
export interface Question {
  readonly path: IoPath;
  /** The tracer `record` would take. */
  readonly tracer: TracerName;
  readonly wanted: { readonly host: readonly WantedPoint[]; readonly guest: readonly WantedPoint[] };
  /** Points that were looked for in a program's file and are not there, and under which names. */
  readonly hidden?: readonly HiddenPoint[] | undefined;
  /** The guest's processors are emulated (TCG): nothing of KVM happens. */
  readonly isEmulated?: boolean | undefined;
  /** `guest` is undefined where there is no way in. */
  readonly machines: { readonly host: MachineView; readonly guest: MachineView | undefined };
}

/** One point of the path, and what each tracer sees of it. */
export interface PointRow {
  readonly point: PointId;
  readonly machine: 'host' | 'guest';
  /** Between two stages; false for a point that only helps to find others. */
  readonly isBorder: boolean;
  /** Undefined for a tracer that is not used on that machine: in a guest there is only its tracefs. */
  readonly sights: Readonly<Record<TracerName, Sight | undefined>>;
  /** Further events the recording's tracer sees that stamp it too: a request makes one of them. */
  readonly more: number;
}

/** The answer. */
export interface Diagnosis {
  readonly path: string;
  readonly title: string;
  readonly tracer: TracerName;
  /** Every border that a recording asks for is seen. */
  readonly complete: boolean;
  /** Without these there is no recording at all; empty when there is one. */
  readonly impossible: readonly PointId[];
  /** The path passes a guest that could not be looked at. */
  readonly hostAlone: boolean;
  readonly rows: readonly PointRow[];
  /** Points that `record` does not ask for: functions of QEMU, SPDK or drivers. */
  readonly notAsked: readonly PointId[];
  /** Stages that a complete recording would tell apart. */
  readonly merged: readonly VisibleStage[];
  /** Stages at the ends of a request that are not measured at all. */
  readonly unmeasured: readonly StageId[];
}

/** Answers. */
export function diagnose({ path, tracer, wanted, machines, isEmulated, hidden = [] }: Question): Diagnosis {
  const rows: PointRow[] = [];
  const notAsked: PointId[] = [];
  for (const { point, detail } of path.points) {
    const events = stampingEvents(path, point);
    if (events.length === 0) continue;
    const machine = machineOf(path, point);
    const asked = askedFor(events, wanted[machine]);
    const isHidden = hidden.find((each) => each.point === point);
    if (asked.length === 0 && isHidden === undefined) {
      notAsked.push(point);
      continue;
    }
    const never =
      isEmulated === true && point.startsWith('kvm:') ? REASONS.emulated : hiddenReason(asked, isHidden);
    const see = (tracer: TracerName) => sightsOf(asked, machines[machine], tracer, never);
    rows.push(rowOf({ point, isBorder: detail !== true, machine }, see, tracer));
  }
  const seen = new Set(rows.filter((row) => isSeen(row, tracer)).map(({ point }) => point));
  const asked = new Set(rows.map(({ point }) => point));
  const whole = visibleStages(path, (point) => asked.has(point));
  const here = visibleStages(path, (point) => seen.has(point));
  const needed = new Set<PointId>([path.anchors.issue, path.anchors.complete]);
  const key = ({ from, to }: VisibleStage) => `${from} ${to}`;
  const known = new Set(whole.stages.map(key));
  return {
    path: path.name,
    title: path.title,
    tracer,
    complete: rows.every((row) => !row.isBorder || isSeen(row, tracer)),
    impossible: rows
      .filter((row) => needed.has(row.point) && isLookedAt(row) && !seen.has(row.point))
      .map(({ point }) => point),
    hostAlone: rows.some((row) => !isLookedAt(row)),
    rows,
    notAsked,
    merged: here.stages.filter((stage) => !known.has(key(stage))),
    unmeasured: here.outside.filter((stage) => !whole.outside.includes(stage)),
  };
}

/** Whether the tracer, or in a guest the guest's tracefs, sees it. */
export function isSeen({ sights, machine }: PointRow, tracer: TracerName): boolean {
  const sight = sights[machine === 'guest' ? 'tracefs' : tracer];
  return sight !== undefined && 'by' in sight;
}

function isLookedAt({ sights: { tracefs } }: PointRow): boolean {
  return tracefs === undefined || 'by' in tracefs || tracefs.reason !== REASONS.noWayIn;
}

function machineOf(path: IoPath, point: PointId): 'host' | 'guest' {
  const { side } = pointById(point);
  return side === 'app' ? path.app : side;
}

/** The wanted points that give one of the events, best event first. */
function askedFor(events: readonly string[], wanted: readonly WantedPoint[]): WantedPoint[] {
  return [...new Set(events.flatMap((event) => wanted.filter((point) => eventNames(point).includes(event))))];
}

function eventNames(point: WantedPoint): readonly string[] {
  if (point.kind === 'tracepoint') return point.names;
  if (point.kind === 'uprobe') return [point.function.symbol];
  return point.functions.map(({ event, symbol }) => event ?? symbol);
}

function hiddenReason(asked: readonly WantedPoint[], hidden: HiddenPoint | undefined): Reason | undefined {
  return asked.length === 0 && hidden !== undefined ? placeHidden(hidden.names) : undefined;
}

/** What a tracer sees of each wanted point; one reason where it is the same for all. */
function sightsOf(
  asked: readonly WantedPoint[],
  view: MachineView | undefined,
  tracer: TracerName,
  never: Reason | undefined,
): Sight[] {
  if (never !== undefined) return [{ reason: never }];
  if (view === undefined) return [{ reason: REASONS.noWayIn }];
  return asked.map((point) => seePoint(point, view, tracer));
}

function rowOf(
  place: Pick<PointRow, 'point' | 'isBorder' | 'machine'>,
  see: (tracer: TracerName) => Sight[],
  taken: TracerName,
): PointRow {
  const inGuest = place.machine === 'guest';
  const best = (tracer: TracerName): Sight | undefined => {
    if (inGuest && tracer !== 'tracefs') return undefined;
    const sights = see(tracer);
    return sights.find((sight) => 'by' in sight) ?? sights[0];
  };
  const events = see(inGuest ? 'tracefs' : taken).filter((sight) => 'by' in sight);
  const sights = Object.fromEntries(TRACER_NAMES.map((tracer) => [tracer, best(tracer)]));
  return {
    ...place,
    sights: sights as Record<TracerName, Sight | undefined>,
    more: Math.max(0, events.length - 1),
  };
}
