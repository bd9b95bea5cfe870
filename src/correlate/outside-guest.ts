/**
 * A vCPU that has left the guest runs nothing of it until it enters again (arch/x86/kvm/x86.c `vcpu_enter_guest`). Enters: the guest's
 * rows, and the exits and entries of its vCPUs on the same time line. Leaves: a vCPU of whose guest rows some lie in between, where there
 * is one: none does while all clocks are right. The clock of the host CPU that a vCPU runs on shows by that even where each of its
 * messages could be another's.
 */
import { NO_ROW } from '../trace/units.ts';
import type { Scene } from './scene.ts';

/** Guest rows of one vCPU, how many of them lie where it had left the guest, and how far at most from both ends of that, ns. */
export interface OutsideGuest {
  readonly vcpu: number;
  readonly rows: number;
  readonly outside: number;
  readonly deepestNs: number;
}

/** One row may be a mistake of whoever recorded it. */
const LEAST_ROWS = 2;
/** Share of the entries that have one exit before them: with fewer, some of either were not recorded. */
const LEAST_IN_TURNS = 0.98;

/** The first such vCPU. `slackNs`: what lies nearer to an end says nothing. */
export function outsideGuest(
  scene: Pick<Scene, 'app' | 'host' | 'path'>,
  slackNs: number,
): OutsideGuest | undefined {
  const { app, host, path } = scene;
  if (host === undefined || path.app !== 'guest' || !areNumberedAsInGuest(host.vcpuThreads)) return undefined;
  for (const [vcpu, thread] of host.vcpuThreads) {
    const away = new Away(host, thread);
    if (away.areInTurns) {
      const found = { vcpu, ...away.holds(app.table, vcpu, slackNs) };
      if (found.outside >= LEAST_ROWS) return found;
    }
  }
  return undefined;
}

/** KVM numbers vCPUs by their APIC ids, which have holes where cores or threads are no power of two; a guest's CPUs have none. */
function areNumberedAsInGuest(threads: ReadonlyMap<number, number>): boolean {
  for (let vcpu = 0; vcpu < threads.size; vcpu++) if (!threads.has(vcpu)) return false;
  return true;
}

/** The stretches in which one vCPU was not in the guest: when it left, and when it entered again. */
class Away {
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  /** Stretches that were found, and times it entered. */
  readonly #length: number;
  readonly #entries: number;

  constructor(host: NonNullable<Scene['host']>, thread: number) {
    const exits = host.occurrences.of('kvm_exit');
    const entries = host.occurrences.of('kvm_entry');
    const [exitTimes, entryTimes] = [host.timesAt(exits), host.timesAt(entries)];
    const [from, to] = [new Float64Array(entryTimes.length), new Float64Array(entryTimes.length)];
    let exit = 0;
    let all = 0;
    let length = 0;
    for (let entry = 0; entry < entries.rows.length; entry++) {
      if (entries.tid[entry] !== thread) continue;
      all++;
      let left: number = NO_ROW;
      let count = 0;
      for (; exit < exits.rows.length && exits.rows[exit]! < entries.rows[entry]!; exit++) {
        if (exits.tid[exit] !== thread) continue;
        left = exit;
        count++;
      }
      if (count !== 1) continue;
      from[length] = exitTimes[left]!;
      to[length++] = entryTimes[entry]!;
    }
    this.#from = from;
    this.#to = to;
    this.#length = length;
    this.#entries = all;
  }

  get areInTurns(): boolean {
    return this.#entries > 0 && this.#length >= (this.#entries - 1) * LEAST_IN_TURNS;
  }

  /** How many rows of a CPU lie in them, by more than `slackNs`. */
  holds(
    { ts, cpu, length }: Scene['app']['table'],
    vcpu: number,
    slackNs: number,
  ): Omit<OutsideGuest, 'vcpu'> {
    const [from, to] = [this.#from, this.#to];
    let rows = 0;
    let outside = 0;
    let deepestNs = 0;
    let at = 0;
    for (let row = 0; row < length; row++) {
      if (cpu[row] !== vcpu) continue;
      rows++;
      while (at < this.#length && to[at]! <= ts[row]!) at++;
      const depth = at === this.#length ? 0 : Math.min(ts[row]! - from[at]!, to[at]! - ts[row]!);
      if (depth <= slackNs) continue;
      outside++;
      deepestNs = Math.max(deepestNs, depth);
    }
    return { rows, outside, deepestNs };
  }
}
