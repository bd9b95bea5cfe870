import { EVENT_KINDS } from '../../parsers/event-kinds.ts';

/** Kinds whose tag is an address: of the guest's memory, of a process, of the kernel. A port number is none. */
const ADDRESSES: readonly boolean[] = EVENT_KINDS.map(
  ({ name, shape }) =>
    (shape === 'addr' && name !== 'kvm_pio') ||
    name === 'io_uring_submit_req' ||
    name === 'io_uring_complete',
);

/** Whether the tag of a kind is an address. */
export function isAddress(kind: number): boolean {
  return ADDRESSES[kind]!;
}

/**
 * Addresses by number, in the order they are met: what is the same address stays the same, where it lies is not told.
 * Following a request needs no more; randomised layouts of the kernel and QEMU stay unknown.
 */
export class NumberedAddresses {
  readonly #numbers = new Map<number, number>();

  /** From 1; the same for the same address. */
  of(address: number): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(address, number);
    return number;
  }
}
