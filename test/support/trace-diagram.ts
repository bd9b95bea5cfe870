/**
 * Small recordings drawn as text: time runs down, every lane is a thread (or an interrupt) of one machine. Enters: the
 * diagram. Leaves: the guest's and the host's event tables, in nanoseconds of one clock, epoch 0. All of it is drawn.
 *
 *   disk guest 254:0 host 259:0 shift 2048
 *   request A read 800+8
 *   lane app  guest cpu0 fio-142
 *   lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0
 *
 *    µs | app                    | vcpu
 *     0 | sys_enter_io_submit 1  |
 *   1.5 | block_rq_issue A       |
 *     3 |                        | kvm_exit mmio
 *       |                        | kvm_mmio febfb000        (no time: the line above's)
 *
 * `disk` and `shift` (host sector − guest sector) are optional. A request may be `on 8:16`, a device of its own.
 * Block events name requests: `A`, `A+B` (neighbours as one), `A[4:8]` (sectors 4 to 12 of A).
 * Other arguments are the row's key and second value, as the kind's shape says: `eventfd_signal 7`, `kvm_exit hlt`,
 * `irq_handler_entry 45 nvme0q4`, `kvm_apic_accept_irq 38 1` (vector, APIC id), `nvme_setup_cmd 5 1` (cid, queue).
 */
import { DIRECTION, EVENT_KINDS, EXIT_CLASS, kindByName, packRequest } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../../src/trace/event-table.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';

export type Machine = 'guest' | 'host';

/** A block request of the drawing; sectors are the guest's. */
export interface DrawnRequest {
  readonly sector: number;
  readonly sectors: number;
  readonly direction: number;
  /** Packed device, where it is not the traced disk. */
  readonly device: number | undefined;
}

/** One event of a drawing, with the columns its kind has. */
export interface DrawnEvent {
  readonly machine: Machine;
  readonly ns: number;
  readonly name: string;
  readonly cpu: number;
  readonly tid: number;
  readonly dev?: number;
  readonly tag?: number;
  readonly aux?: number;
  /** Interrupt name. */
  readonly text?: string;
}

export interface DrawnTask {
  readonly machine: Machine;
  readonly tid: number;
  readonly comm: string;
  readonly tgid: number | undefined;
}

export interface DrawnTrace {
  readonly guest: EventTable | undefined;
  readonly host: EventTable | undefined;
  readonly requests: ReadonlyMap<string, DrawnRequest>;
  /** Packed device of the traced disk on each machine. */
  readonly disk: Readonly<Record<Machine, number>>;
}

interface Lane extends DrawnTask {
  readonly name: string;
  readonly cpu: number;
  readonly vcpu: number;
}

interface Drawing {
  readonly disk: Record<Machine, number>;
  shift: number;
  readonly requests: Map<string, DrawnRequest>;
  readonly lanes: Map<string, Lane>;
}

/** Packs `major:minor` as the tables do. */
export function packDevice(text: string): number {
  const [major, minor] = text.split(':').map(Number);
  return ((major! << 20) | minor!) >>> 0;
}

/** The tables of a diagram. Throws on anything it does not understand: a drawing with a slip would test nothing. */
export function traceFromDiagram(diagram: string): DrawnTrace {
  const drawing: Drawing = {
    disk: { guest: packDevice('254:0'), host: packDevice('259:0') },
    shift: 0,
    requests: new Map(),
    lanes: new Map(),
  };
  const events: DrawnEvent[] = [];
  let columns: Lane[] = [];
  let ns = 0;
  for (const line of diagram.split('\n')) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    if (!line.includes('|')) {
      declare(line.trim(), drawing);
      continue;
    }
    const [time, ...cells] = line.split('|').map((cell) => cell.trim());
    if (time === 'µs') {
      columns = cells.map((name) => known(drawing.lanes, name, 'lane'));
      continue;
    }
    if (time !== '') ns = Math.round(Number(time) * 1000);
    if (Number.isNaN(ns)) throw new Error(`no time: ${line}`);
    cells.forEach((cell, column) => {
      for (const text of cell.split(';').map((part) => part.trim()))
        if (text !== '') events.push(drawnEvent(text, ns, columns[column]!, drawing));
    });
  }
  return { ...tablesOf(events, [...drawing.lanes.values()]), requests: drawing.requests, disk: drawing.disk };
}

function known<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`no ${what} is named ${name}`);
  return value;
}

const DISK = /^disk(?: guest (\d+:\d+))?(?: host (\d+:\d+))?(?: shift (\d+))?$/;
const REQUEST = /^request (\w+) +(read|write) +(\d+)\+(\d+)(?: +on (\d+:\d+))?$/;
const LANE = /^lane (\S+) +(guest|host) +cpu(\d+) +(?:"([^"]+)"|(\S+?))-(\d+)(?:\/(\d+))?(?: +vcpu(\d+))?$/;

function declare(line: string, drawing: Drawing): void {
  const disk = DISK.exec(line);
  const request = REQUEST.exec(line);
  const lane = LANE.exec(line);
  if (disk !== null) {
    if (disk[1] !== undefined) drawing.disk.guest = packDevice(disk[1]);
    if (disk[2] !== undefined) drawing.disk.host = packDevice(disk[2]);
    drawing.shift = Number(disk[3] ?? 0);
  } else if (request !== null)
    drawing.requests.set(request[1]!, {
      sector: Number(request[3]),
      sectors: Number(request[4]),
      direction: request[2] === 'read' ? DIRECTION.read : DIRECTION.write,
      device: request[5] === undefined ? undefined : packDevice(request[5]),
    });
  else if (lane !== null)
    drawing.lanes.set(lane[1]!, {
      name: lane[1]!,
      machine: lane[2] as Machine,
      cpu: Number(lane[3]),
      comm: lane[4] ?? lane[5]!,
      tid: Number(lane[6]),
      tgid: lane[7] === undefined ? undefined : Number(lane[7]),
      vcpu: Number(lane[8] ?? 0),
    });
  else throw new Error(`not understood: ${line}`);
}

/** `eventfd_signal 7` in its lane. */
function drawnEvent(text: string, ns: number, lane: Lane, drawing: Drawing): DrawnEvent {
  const [name, ...words] = text.split(/\s+/);
  const kind = kindByName(name!);
  if (kind === undefined) throw new Error(`no event is named ${name}`);
  const { machine, cpu, tid } = lane;
  const base = { machine, ns, name: kind.name, cpu, tid };
  const [first, second] = words;
  switch (kind.shape) {
    case 'rq':
      return first === undefined ? base : { ...base, ...rangeOf(first, machine, drawing) };
    case 'irq':
      return { ...base, tag: numberOf(first), text: second ?? '' };
    case 'vcpu':
      return { ...base, tag: exitOrNumber(first), dev: second === undefined ? lane.vcpu : Number(second) };
    case 'addr':
      return { ...base, tag: first === undefined ? Number.NaN : Number.parseInt(first, 16), aux: 1 };
    default:
      return { ...base, tag: numberOf(first), aux: second === undefined ? 0 : Number(second) };
  }
}

function numberOf(word: string | undefined): number {
  return word === undefined ? Number.NaN : Number(word);
}

function exitOrNumber(word: string | undefined): number {
  if (word === 'hlt') return EXIT_CLASS.halt;
  return word !== undefined && word in EXIT_CLASS
    ? EXIT_CLASS[word as keyof typeof EXIT_CLASS]
    : numberOf(word);
}

/** `A`, `A+B` or `A[4:8]` as the columns of a block event. */
function rangeOf(
  text: string,
  machine: Machine,
  drawing: Drawing,
): { dev: number; tag: number; aux: number } {
  const part = /^(\w+)\[(\d+):(\d+)\]$/.exec(text);
  const members = (part === null ? text.split('+') : [part[1]!]).map((name) =>
    known(drawing.requests, name, 'request'),
  );
  const begin = Math.min(...members.map(({ sector }) => sector)) + Number(part?.[2] ?? 0);
  const sectors = part === null ? members.reduce((sum, member) => sum + member.sectors, 0) : Number(part[3]);
  const { device, direction } = members[0]!;
  return {
    dev: device ?? drawing.disk[machine],
    tag: begin + (machine === 'host' && device === undefined ? drawing.shift : 0),
    aux: packRequest(sectors, direction),
  };
}

/** The tables of drawn events: time order per machine, equal times in the order given, epoch 0. */
export function tablesOf(
  events: readonly DrawnEvent[],
  tasks: readonly DrawnTask[],
): { guest: EventTable | undefined; host: EventTable | undefined } {
  const table = (machine: Machine): EventTable | undefined => {
    const own = events.filter((event) => event.machine === machine).sort((a, b) => a.ns - b.ns);
    if (own.length === 0) return undefined;
    const builder = new EventTableBuilder();
    for (const task of tasks) if (task.machine === machine) builder.task(task.tid, task.comm, task.tgid);
    for (const { ns, name, cpu, tid, dev, tag, aux, text } of own) {
      const kind = KINDS.get(name);
      if (kind === undefined) throw new Error(`no event is named ${name}`);
      const id = text === undefined ? (dev ?? 0) : builder.string(text);
      builder.event(kind, Math.floor(ns / 1e9), ns % 1e9, cpu, tid, id, tag ?? Number.NaN, aux ?? 0);
    }
    const { events: built } = builder.build();
    return { ...built, ts: built.ts.map((ts) => ts + Number(built.epoch)), epoch: 0n };
  };
  return { guest: table('guest'), host: table('host') };
}

const KINDS = new Map(EVENT_KINDS.map(({ name, id }) => [name, id]));
