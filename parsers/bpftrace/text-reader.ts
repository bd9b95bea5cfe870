/**
 * Lines that bpftrace scripts print, one event each, in any order:
 *   1719881711163 2 12757 kvm_exit 0x400 entry=1719881691304       nsecs cpu tid name, then values
 *   1720278530373 1 12752 block_rq_issue 271581184 142136 8
 *   # iotrace events clock=mono kvm_exit:exit_reason               what the values are (see header.ts); else as below
 *   @e[4347279553769, 0]: (3, 15617, 3)                            an element of a flight recorder (map-line.ts)
 *   Attaching 27 probes...   Lost 12 events   @map[1]: 2           bpftrace's own
 */

import { MAX_TID, readCount, readSplitTime } from '../decimal-text.ts';
import type { EventSink } from '../event-sink.ts';
import { type EventPlace, EventWriter, MAX_CPU } from './event-writer.ts';
import { isEventsHeader, readEventsHeader } from './header.ts';
import { type KnownEvent, type KnownEvents, kindByScriptName, NO_EVENTS } from './known-events.ts';
import { MapLines } from './map-line.ts';

/** Reject reasons of a line. */
export const TEXT_REJECT = {
  line: 'not a line of the form: nsecs cpu tid name',
  header: 'a header line that is not well-formed',
  value: 'a value is not a number',
} as const;

/** What scripts print for these events where they do not say it. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  kvm_exit: ['exit_reason'],
  kvm_mmio: ['type', 'len', 'gpa'],
  kvm_fast_mmio: ['gpa'],
  kvm_msi_set_irq: ['address', 'data'],
  kvm_apic_accept_irq: ['apicid', 'vec'],
  kvm_apicv_accept_irq: ['apicid', 'vec'],
  kvm_inj_virq: ['vector'],
  kvm_eoi: ['apicid', 'vector'],
  kvm_vcpu_wakeup: ['ns', 'waited'],
  ioeventfd_write: ['addr'],
  eventfd_signal: ['id'],
  eventfd_signal_mask: ['id'],
  eventfd_read: ['id'],
  eventfd_write: ['id'],
  block_rq_issue: ['dev', 'sector', 'nr_sector'],
  block_rq_complete: ['dev', 'sector', 'nr_sector'],
  nvme_setup_cmd: ['ctrl_id', 'qid', 'cid'],
  nvme_complete_rq: ['ctrl_id', 'qid', 'cid'],
  nvme_sq: ['ctrl_id', 'qid'],
  nvme_irq: ['irq'],
  irq_handler_entry: ['irq'],
  irq_handler_exit: ['irq'],
  blk_aio_preadv: ['offset'],
  blk_aio_pwritev: ['offset'],
};

const NOTHING: KnownEvent = { kind: undefined, fields: [] };
const MOST_NAMES = 4096;
const BLANK = 0x20;
const EQUALS = 0x3d;
const HASH = 0x23;
const MAP = 0x40;
const ENTRY = 'entry';

/** Reads line after line into a sink. */
export class BpftraceTextReader {
  records = 0;
  unused = 0;
  known: KnownEvents;
  readonly maps: MapLines;
  readonly #sink: EventSink;
  readonly #writer: EventWriter;
  readonly #place: EventPlace = { sec: 0, nsec: 0, cpu: 0, tid: 0 };
  readonly #names = new Map<string, KnownEvent>();
  readonly #lastEntry = new Map<number, string>();

  constructor(sink: EventSink, known: KnownEvents = NO_EVENTS) {
    this.#sink = sink;
    this.#writer = new EventWriter(sink);
    this.maps = new MapLines(this.#writer);
    this.known = known;
  }

  /** One line bytes[start, end) without its end; its place is for reject messages. */
  line(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    if (start === end) return;
    this.records++;
    const first = bytes[start]!;
    if (first === HASH) this.#header(latin1(bytes, start, end), offset, number);
    else if (first === MAP) this.#map(latin1(bytes, start, end), offset, number);
    else if (first >= 0x30 && first <= 0x39) this.#event(bytes, start, end, offset, number);
    else this.#notice(latin1(bytes, start, end), offset, number);
  }

  #map(line: string, offset: number, number: number): void {
    const reason = this.maps.read(line, this.known);
    if (reason === 'unused') this.unused++;
    else if (reason !== undefined) this.#sink.reject(reason, offset, number);
  }

  #header(line: string, offset: number, number: number): void {
    if (!isEventsHeader(line)) return; // a script's own remark: '# attached …'
    const known = readEventsHeader(line, this.known);
    if (known === undefined) this.#sink.reject(TEXT_REJECT.header, offset, number);
    else this.known = known;
    this.#names.clear();
  }

  #notice(line: string, offset: number, number: number): void {
    const lost = /^Lost (\d{1,15}) events/.exec(line);
    if (lost !== null) this.#sink.lost(-1, Number(lost[1]));
    else if (!/^Attach(?:ing|ed) \d+ probes?/.test(line)) this.#sink.reject(TEXT_REJECT.line, offset, number);
  }

  #event(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    const place = this.#place;
    const cpuAt = skipWord(bytes, start, end);
    const tidAt = skipWord(bytes, cpuAt, end);
    const nameAt = skipWord(bytes, tidAt, end);
    place.cpu = readCount(bytes, cpuAt, wordEnd(bytes, cpuAt, end), MAX_CPU);
    place.tid = readCount(bytes, tidAt, wordEnd(bytes, tidAt, end), MAX_TID);
    const isTimed = readSplitTime(bytes, start, wordEnd(bytes, start, end), place);
    const nameEnd = wordEnd(bytes, nameAt, end);
    if (!isTimed || place.cpu < 0 || place.tid < 0 || !isName(bytes, nameAt, nameEnd)) {
      this.#sink.reject(TEXT_REJECT.line, offset, number);
      return;
    }
    const event = this.#eventOf(latin1(bytes, nameAt, nameEnd));
    if (event.kind === undefined) {
      this.unused++;
      return;
    }
    this.#writer.begin(event);
    const entry = this.#values(bytes, nameEnd, end);
    if (!this.#writer.end(place)) this.#sink.reject(TEXT_REJECT.value, offset, number);
    else if (entry !== '' && event.kind.name === 'kvm_exit') this.#kvmEntry(entry);
  }

  /** Reads the values; returns the text of `entry=`, '' without one. */
  #values(bytes: Uint8Array, from: number, end: number): string {
    let entry = '';
    let index = 0;
    for (let at = skipBlanks(bytes, from, end); at < end; at = skipWord(bytes, at, end)) {
      const stop = wordEnd(bytes, at, end);
      let equals = at;
      while (equals < stop && bytes[equals] !== EQUALS) equals++;
      if (equals === stop) this.#writer.valueAt(index++, bytes, at, stop);
      else {
        const name = latin1(bytes, at, equals);
        if (name === ENTRY) entry = latin1(bytes, equals + 1, stop);
        else this.#writer.valueNamed(name, bytes, equals + 1, stop);
      }
    }
    return entry;
  }

  /**
   * A script cannot print in kvm_entry (the guest would make no progress), so it remembers the time and prints it with
   * the exit that follows, on the same CPU. Without an entry in between the same time is printed again: it is one.
   */
  #kvmEntry(time: string): void {
    const { tid, cpu } = this.#place;
    const entry: EventPlace = { sec: 0, nsec: 0, cpu, tid };
    const bytes = Buffer.from(time, 'latin1');
    const isTime = readSplitTime(bytes, 0, bytes.length, entry) && (entry.sec > 0 || entry.nsec > 0);
    if (!isTime || this.#lastEntry.get(tid) === time) return;
    if (this.#lastEntry.size === MOST_NAMES) this.#lastEntry.clear();
    this.#lastEntry.set(tid, time);
    this.#writer.begin(KVM_ENTRY);
    this.#writer.end(entry);
  }

  #eventOf(name: string): KnownEvent {
    const cached = this.#names.get(name);
    if (cached !== undefined) return cached;
    const kind = kindByScriptName(name);
    const event =
      this.known.byName.get(name) ??
      (kind === undefined ? NOTHING : { kind, fields: FIELDS[name] ?? DEFAULT[kind.shape] ?? [] });
    if (this.#names.size < MOST_NAMES) this.#names.set(name, event);
    return event;
  }
}

const KVM_ENTRY: KnownEvent = { kind: kindByScriptName('kvm_entry'), fields: [] };

/** The first value of an event that FIELDS does not list, where its shape says what that must be. */
const DEFAULT: Readonly<Record<string, readonly string[]>> = { exit: ['ret'] };

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] === BLANK) at++;
  return at;
}

function wordEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== BLANK) at++;
  return at;
}

function skipWord(bytes: Uint8Array, from: number, end: number): number {
  return skipBlanks(bytes, wordEnd(bytes, from, end), end);
}

function isName(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || end - start > 100) return false;
  for (let at = start; at < end; at++) {
    const letter = bytes[at]! | 0x20;
    const isLetter = (letter >= 0x61 && letter <= 0x7a) || bytes[at] === 0x5f;
    if (!isLetter && (at === start || bytes[at]! < 0x30 || bytes[at]! > 0x39)) return false;
  }
  return true;
}
