/** Which track a point of a request lies on: the thread that stamped it, or the interrupts of its CPU. */
import { kindId } from '../../../parsers/event-kinds.ts';
import type { Correlated } from '../../correlate/correlate.ts';
import type { Side } from '../../correlate/side.ts';
import { type PointId, pointById } from '../../paths/points.ts';
import type { MachineName } from '../../trace/recording.ts';
import { NO_ROW, UNKNOWN_CPU } from '../../trace/units.ts';
import type { Track } from './packets.ts';

/** Events that only an interrupt handler, or what runs inside one, emits. */
const IN_INTERRUPT: ReadonlySet<number> = new Set(
  ['irq_handler_entry', 'vring_interrupt', 'nvme_irq', 'vfio_msihandler', 'virtblk_done'].map(kindId),
);
/** Points that are stamped inside an interrupt when the request has one on that CPU before them. */
const MAY_BE_INSIDE: ReadonlySet<PointId> = new Set<PointId>([
  ...(['guest:complete', 'host:complete', 'host:aio-done', 'host:aio-notify', 'vfio:signal'] as const),
  ...(['kvm:irqfd', 'kvm:inject'] as const),
]);

/** uuids of the groups; those of single tracks come after. */
const GROUP = { requests: 1, guest: 2, host: 3 } as const;

/** Makes tracks when they are first asked for; `fresh` gives those that no packet has announced yet. */
export class Tracks {
  readonly #correlated: Correlated;
  readonly #known = new Map<string, number>();
  readonly #fresh: Track[] = [];

  constructor(correlated: Correlated) {
    this.#correlated = correlated;
    this.#group(GROUP.requests, 'requests');
    if (correlated.path.app === 'guest') this.#group(GROUP.guest, 'guest');
    if (correlated.path.app === 'host' || correlated.host !== undefined) this.#group(GROUP.host, 'host');
  }

  /** Tracks made since the last call, groups first. */
  fresh(): readonly Track[] {
    return this.#fresh.splice(0);
  }

  /** A lane of whole requests: those in one lane never overlap. */
  lane(index: number): number {
    return this.#track(GROUP.requests, `in flight ${index + 1}`);
  }

  /** The track of a request's point; undefined where no event stamped it (the application's own times). */
  of(point: PointId, request: number): number | undefined {
    const { followed, path, app, host } = this.#correlated;
    const { side: of } = pointById(point);
    const machine: MachineName = of === 'app' ? path.app : of;
    const side = machine === path.app ? app : host;
    const row = followed.rows.get(point)?.[request] ?? NO_ROW;
    if (side === undefined || row === NO_ROW) return undefined;
    const cpu = side.table.cpu[row]!;
    return this.#isInInterrupt(point, request, side, row) && cpu !== UNKNOWN_CPU
      ? this.#track(GROUP[machine], `interrupts, CPU ${cpu}`)
      : this.#track(GROUP[machine], this.#threadName(machine, side, side.table.tid[row]!));
  }

  #isInInterrupt(point: PointId, request: number, { table }: Side, row: number): boolean {
    if (IN_INTERRUPT.has(table.kind[row]!)) return true;
    if (!MAY_BE_INSIDE.has(point)) return false;
    const { side } = pointById(point);
    const entries = side === 'guest' ? (['guest:irq'] as const) : (['host:irq', 'vfio:irq'] as const);
    return entries.some((entry) => {
      const from = this.#correlated.followed.rows.get(entry)?.[request] ?? NO_ROW;
      return from !== NO_ROW && table.cpu[from] === table.cpu[row] && table.tid[from] === table.tid[row];
    });
  }

  /** "vCPU 0: CPU 0/KVM 5301", "IOThread: IO io0 5299", "fio 812". */
  #threadName(machine: MachineName, { table }: Side, tid: number): string {
    const { backend, vcpuThreads, path } = this.#correlated;
    const comm = table.tasks.get(tid)?.comm ?? '';
    const name = `${comm === '' ? 'thread' : comm} ${tid}`;
    if (machine !== 'host' || path.app === 'host') return name;
    const vcpu = [...vcpuThreads].find(([, thread]) => thread === tid)?.[0];
    if (vcpu !== undefined) return `vCPU ${vcpu}: ${name}`;
    if (!backend.has(tid)) return name;
    return `${path.name.startsWith('virtio-blk-iothread') ? 'IOThread' : 'back-end'}: ${name}`;
  }

  #track(group: number, name: string): number {
    const key = `${group} ${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const uuid = Object.keys(GROUP).length + 1 + this.#known.size;
    this.#known.set(key, uuid);
    this.#fresh.push({ uuid, parent: group, name });
    return uuid;
  }

  #group(uuid: number, name: string): void {
    this.#fresh.push({ uuid, parent: undefined, name, group: uuid });
  }
}
