import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';

/** Symbols there can be at most. */
export const MOST_SYMBOLS = 4096;

/** Kinds whose tag names what the event is about (an eventfd, a vector, a file descriptor), and not a value. */
const TAG_NAMES_OBJECT: readonly boolean[] = EVENT_KINDS.map(
  ({ name, shape }) =>
    shape === 'eventfd' ||
    shape === 'irq' ||
    /^(kvm_exit|kvm_msi_set_irq|kvm_apicv?_accept_irq|kvm_inj_virq|kvm_eoi|kvm_set_irq|kvm_mmio|ioeventfd_write)$/.test(
      name,
    ) ||
    /^sys_enter_(read|write)$/.test(name),
);

/** Per row a small number for its kind and, where that matters, its object. Past the limit the kind alone counts. */
export function symbolsOf(table: EventTable): Uint16Array {
  const symbols = new Uint16Array(table.length);
  const byObject = EVENT_KINDS.map(() => new Map<number, number>());
  let next = EVENT_KINDS.length;
  for (let row = 0; row < table.length; row++) {
    const kind = table.kind[row]!;
    const object = table.tag[row]!;
    symbols[row] = kind;
    if (!TAG_NAMES_OBJECT[kind] || Number.isNaN(object)) continue;
    const known = byObject[kind]!.get(object);
    if (known !== undefined) symbols[row] = known;
    else if (next < MOST_SYMBOLS) {
      byObject[kind]!.set(object, next);
      symbols[row] = next++;
    }
  }
  return symbols;
}
