/**
 * Draws a recording of any size: no machine ever did these requests, and only speed and memory may be measured on it.
 * Leaves host.trace and guest.trace (tracefs text, microseconds) or host.data and guest.data (as perf writes them), each on its own
 * clock, and qd1.txt (request log).
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as lines from './drawn-lines.ts';
import { Scatter } from './random.ts';
import { TextWriter } from './text-writer.ts';
import { Timeline, type TraceWriter } from './timeline.ts';

export interface DrawnRecording {
  readonly host: string;
  readonly guest: string;
  readonly log: string;
  readonly events: number;
  readonly requests: number;
}

/** Guest clock = host clock · (1 + drift) + offset; ticks of the guest's TSC per ns of its clock. */
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

/** Writes a recording of about `events` events into a folder, as text or with writers of perf.data. */
export function drawRecording(
  folder: string,
  events: number,
  perf?: (file: string) => TraceWriter,
): DrawnRecording {
  const ending = perf === undefined ? 'trace' : 'data';
  const paths = {
    host: join(folder, `host.${ending}`),
    guest: join(folder, `guest.${ending}`),
    log: join(folder, 'qd1.txt'),
  };
  const host = new Timeline(perf?.(paths.host) ?? new TextWriter(paths.host, 4), (ns) => ns);
  const guest = new Timeline(perf?.(paths.guest) ?? new TextWriter(paths.guest, 1), guestClock);
  const log = openSync(paths.log, 'w');
  const requests = new Drawing(host, guest).draw(events, (text) => writeSync(log, text));
  closeSync(log);
  return { ...paths, events: host.finish() + guest.finish(), requests };
}

function guestClock(hostNs: number): number {
  return hostNs + hostNs * GUEST_DRIFT + GUEST_OFFSET_NS;
}

class Drawing {
  readonly #host: Timeline;
  readonly #guest: Timeline;
  readonly #scatter = new Scatter(20_200_714);
  #timerAt = BEGIN_NS;
  #otherDiskAt = BEGIN_NS;

  constructor(host: Timeline, guest: Timeline) {
    this.#host = host;
    this.#guest = guest;
  }

  /** Draws requests one after the other until there are `events` events; returns how many. */
  draw(events: number, log: (lines: string) => void): number {
    let at = BEGIN_NS;
    let request = 0;
    for (; this.#host.lines + this.#guest.lines < events; request++) {
      const sector = this.#scatter.integer(DISK_SECTORS / 8) * 8;
      const end = this.#request(at, { sector, id: request % 65_536 });
      if (request >= WARM_UP) log(logLine(request - WARM_UP, sector, guestClock(at), guestClock(end)));
      this.#otherDisk(end);
      this.#host.upTo(end);
      this.#guest.upTo(end);
      at = end + this.#scatter.around(700);
    }
    return request;
  }

  /** One request from the application's call to its return; returns that time. */
  #request(begin: number, values: { sector: number; id: number }): number {
    const scatter = this.#scatter;
    const onHost = (chain: readonly lines.Step[], from: number) =>
      this.#host.add(chain, from, scatter, values);
    const inGuest = (chain: readonly lines.Step[], from: number) =>
      this.#guest.add(chain, from, scatter, values);
    const kicked = onHost(lines.VCPU_KICKS, inGuest(lines.GUEST_SUBMITS, begin));
    let running = onHost(lines.VCPU_RESUMES, kicked);
    if (running >= this.#timerAt) {
      running = onHost(lines.VCPU_SETS_TIMER, running);
      this.#timerAt += TIMER_EVERY_NS;
    }
    const halted = onHost(lines.VCPU_HALTS, running);
    const issued = onHost(lines.IOTHREAD_SUBMITS, kicked);
    const asleep = onHost(lines.IOTHREAD_SLEEPS, issued);
    // One request in ten is served from the drive's cache, before the IOThread sleeps.
    const interrupted = issued + scatter.around(scatter.chance(0.1) ? 900 : 9000);
    const sleeps = interrupted > asleep;
    const signalled = onHost(
      sleeps ? lines.DRIVE_INTERRUPTS_IDLE : lines.DRIVE_INTERRUPTS_IOTHREAD,
      interrupted,
    );
    const reaped = Math.max(asleep, signalled + (sleeps ? scatter.around(4000) : 0));
    const injected = onHost(lines.IOTHREAD_COMPLETES, reaped);
    onHost(lines.IOTHREAD_RETURNS, injected);
    const entered = onHost(lines.VCPU_WAKES, Math.max(injected, halted));
    const handled = inGuest(lines.GUEST_INTERRUPTS, entered);
    onHost(lines.VCPU_ENDS_INTERRUPT, handled);
    return inGuest(lines.GUEST_RETURNS, handled) + scatter.around(200);
  }

  #otherDisk(until: number): void {
    if (this.#otherDiskAt >= until) return;
    const values = { sector: DISK_SECTORS * 2 + this.#scatter.integer(DISK_SECTORS / 8) * 8, id: 0 };
    this.#host.add(lines.OTHER_DISK, until, this.#scatter, values);
    this.#otherDiskAt += OTHER_DISK_EVERY_NS;
  }
}

function logLine(index: number, sector: number, beginNs: number, endNs: number): string {
  const begin = Math.round(beginNs);
  const end = Math.round(endNs);
  const ticks = (ns: number) => Math.round(ns * TSC_TICKS_PER_NS);
  return `${index} ${sector} ${begin} ${end} ${ticks(begin)} ${ticks(end)}\n`;
}
