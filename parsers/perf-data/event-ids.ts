import { readU64 } from './binary.ts';
import { NO_CPU } from './row-limits.ts';

/** Entries of ID_INDEX records that are kept; as many as there can be ids. */
const MAX_ENTRIES = 1 << 22;

/**
 * What the number in a sample stands for: which event (from the attributes), and which CPU it was opened on (from
 * ID_INDEX records). Numbers are 64 bits wide; those above 2^53 are not counted up to in a lifetime.
 */
export class EventIds {
  readonly #events = new Map<number, number>();
  readonly #cpus = new Map<number, number>();

  /** These numbers stand for the event at this position of the list of attributes. */
  add(ids: readonly number[], event: number): void {
    for (const id of ids) if (this.#events.size < MAX_ENTRIES) this.#events.set(id, event);
  }

  /** The position of the event of the number at a place of a view, -1 if it stands for none. */
  eventAt(view: DataView, at: number): number {
    return at < 0 || at + 8 > view.byteLength ? -1 : (this.#events.get(readU64(view, at)) ?? -1);
  }

  /** The CPU an event was opened on, -1 if that is not known or it was opened on all. */
  cpuOf(id: number): number {
    return this.#cpus.get(id) ?? -1;
  }

  /** How many CPUs the events were opened on, as far as it was said. */
  get cpuCount(): number {
    return new Set(this.#cpus.values()).size;
  }

  /** Takes in an ID_INDEX record: a count, and per number its index, CPU and thread, of 8 bytes each. */
  readIndex(view: DataView, at: number, end: number): void {
    if (at + 16 > end) return;
    const count = Math.min(readU64(view, at + 8), Math.floor((end - at - 16) / 32), MAX_ENTRIES);
    for (let i = 0; i < count && this.#cpus.size < MAX_ENTRIES; i++) {
      const entry = at + 16 + 32 * i;
      const cpu = view.getInt32(entry + 16, true);
      if (cpu >= 0 && cpu < NO_CPU) this.#cpus.set(readU64(view, entry), cpu);
    }
  }
}
