/**
 * Draws a recording of any size: no machine ever did these requests, and only speed and memory may be measured on it.
 * Leaves host.trace and guest.trace (tracefs text, microseconds, each on its own clock) and qd1.txt (request log).
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as lines from './drawn-lines.ts';
import { type LineTemplate, LineWriter } from './line-template.ts';
import { Scatter } from './random.ts';

export interface DrawnRecording {
  readonly host: string;
  readonly guest: string;
  readonly log: string;
  readonly events: number;
  readonly requests: number;
}

/** Guest clock = host clock · (1 + drift) + offset; TSC of the guest at its clock's 0, and its rate. */
const GUEST_DRIFT = 3e-6;
const GUEST_OFFSET_NS = -319_062_000_000;
const TSC_TICKS_PER_NS = 2.6;
/** Host time of the first request, ns. */
const BEGIN_NS = 330_565_794_000;
/** First requests that the application does not log. */
const WARM_UP = 20;
const DISK_SECTORS = 1 << 19;
const TIMER_EVERY_NS = 4_000_000;
const OTHER_DISK_EVERY_NS = 20_000_000;

interface Pending {
  readonly line: LineTemplate;
  readonly ns: number;
  readonly sector: number;
  readonly id: number;
}

/** Lines of one machine, put in order of time. `upTo` says that no line before it can come any more. */
class Timeline {
  readonly writer: LineWriter;
  readonly #clock: (hostNs: number) => number;
  #pending: Pending[] = [];

  constructor(take: (bytes: Uint8Array) => void, clock: (hostNs: number) => number) {
    this.writer = new LineWriter(take);
    this.#clock = clock;
  }

  /** Adds a chain of lines from `from` on; returns the time of its last. */
  add(chain: readonly lines.Step[], from: number, scatter: Scatter, sector: number, id: number): number {
    let ns = from;
    for (const { line, afterNs } of chain) {
      ns += scatter.around(afterNs);
      this.#pending.push({ line, ns, sector, id });
    }
    return ns;
  }

  upTo(ns: number): void {
    const pending = this.#pending.sort((a, b) => a.ns - b.ns);
    let written = 0;
    for (; written < pending.length && pending[written]!.ns < ns; written++) {
      const event = pending[written]!;
      this.writer.event(event.line, this.#clock(event.ns), event);
    }
    this.#pending = pending.slice(written);
  }

  finish(): void {
    this.upTo(Number.POSITIVE_INFINITY);
    this.writer.finish();
  }
}

/** Writes a recording of about `events` events into a folder. */
export function drawRecording(folder: string, events: number): DrawnRecording {
  const files = { host: 'host.trace', guest: 'guest.trace', log: 'qd1.txt' };
  const path = (name: keyof typeof files) => join(folder, files[name]);
  const open = { host: openSync(path('host'), 'w'), guest: openSync(path('guest'), 'w'), log: openSync(path('log'), 'w') };
  const host = new Timeline((bytes) => writeSync(open.host, bytes), (ns) => ns);
  const guest = new Timeline((bytes) => writeSync(open.guest, bytes), guestClock);
  host.writer.text('# tracer: nop\n#\n# synthetic: drawn by the benchmark, not recorded\n#\n');
  guest.writer.text('# tracer: nop\n#\n# synthetic: drawn by the benchmark, not recorded\n#\n');
  const requests = drawRequests(host, guest, events, (line) => writeSync(open.log, line));
  for (const each of [host, guest]) each.finish();
  for (const file of Object.values(open)) closeSync(file);
  return {
    host: path('host'),
    guest: path('guest'),
    log: path('log'),
    events: host.writer.lines + guest.writer.lines,
    requests,
  };
}

function guestClock(hostNs: number): number {
  return hostNs + hostNs * GUEST_DRIFT + GUEST_OFFSET_NS;
}

function drawRequests(
  host: Timeline,
  guest: Timeline,
  events: number,
  log: (lines: string) => void,
): number {
  const scatter = new Scatter(20_200_714);
  let logged = '';
  let at = BEGIN_NS;
  let timer = at;
  let other = at;
  let request = 0;
  for (; host.writer.lines + guest.writer.lines < events; request++) {
    const sector = scatter.integer(DISK_SECTORS / 8) * 8;
    const end = drawRequest(host, guest, at, scatter, sector, request % 65_536);
    if (request >= WARM_UP) logged += logLine(request - WARM_UP, sector, guestClock(at), guestClock(end));
    if (logged.length > 1 << 16 || host.writer.lines + guest.writer.lines >= events) {
      log(logged);
      logged = '';
    }
    for (; timer < end; timer += TIMER_EVERY_NS) host.add(lines.GUEST_TIMER, timer, scatter, 0, 0);
    for (; other < end; other += OTHER_DISK_EVERY_NS)
      host.add(lines.OTHER_DISK, other, scatter, DISK_SECTORS * 2 + scatter.integer(DISK_SECTORS), 0);
    at = end + scatter.around(700);
    host.upTo(end);
    guest.upTo(end);
  }
  log(logged);
  return request;
}

/** One request from the application's call to its return; returns that time. */
function drawRequest(
  host: Timeline,
  guest: Timeline,
  begin: number,
  scatter: Scatter,
  sector: number,
  id: number,
): number {
  const onHost = (chain: readonly lines.Step[], from: number) => host.add(chain, from, scatter, sector, id);
  const inGuest = (chain: readonly lines.Step[], from: number) => guest.add(chain, from, scatter, sector, id);
  const kicked = onHost(lines.VCPU_KICKS, inGuest(lines.GUEST_SUBMITS, begin));
  const halted = onHost(lines.VCPU_HALTS, kicked);
  const issued = onHost(lines.IOTHREAD_SUBMITS, kicked);
  const asleep = onHost(lines.IOTHREAD_SLEEPS, issued);
  // One request in ten is served from the drive's cache, before the IOThread sleeps.
  const interrupted = issued + scatter.around(scatter.chance(0.1) ? 900 : 9000);
  const isAsleep = interrupted > asleep;
  const chain = isAsleep ? lines.DRIVE_INTERRUPTS_IDLE : lines.DRIVE_INTERRUPTS_IOTHREAD;
  const signalled = onHost(chain, interrupted);
  const reaped = Math.max(asleep, signalled + (isAsleep ? scatter.around(4000) : 0));
  const injected = onHost(lines.IOTHREAD_COMPLETES, reaped);
  onHost(lines.IOTHREAD_RETURNS, injected);
  const entered = onHost(lines.VCPU_WAKES, Math.max(injected, halted));
  const handled = inGuest(lines.GUEST_INTERRUPTS, entered);
  onHost(lines.VCPU_ENDS_INTERRUPT, handled);
  return inGuest(lines.GUEST_RETURNS, handled) + scatter.around(200);
}

function logLine(index: number, sector: number, beginNs: number, endNs: number): string {
  const begin = Math.round(beginNs);
  const end = Math.round(endNs);
  return `${index} ${sector} ${begin} ${end} ${Math.round(begin * TSC_TICKS_PER_NS)} ${Math.round(end * TSC_TICKS_PER_NS)}\n`;
}
