/**
 * Applications with libaio at any depth, a CPU and a queue each: what they submit, how they wait, and what an interrupt of
 * their disk does. Every actor does one thing after the other; what is shared (an interrupt, a wake-up) is shared because
 * the actors met. Which disk it is, those say who draw one.
 */
import type { PointId } from '../../src/paths/points.ts';
import type { MachineName } from '../../src/trace/recording.ts';
import { randomFrom } from '../support/damage.ts';
import { Agenda } from './agenda.ts';
import type { DrawnOptions } from './drawn-options.ts';
import { type DrawnThread, TraceWriter } from './trace-writer.ts';

/** One request: where it went and when it passed each point, ns of the host's clock. */
export interface TrueRequest {
  readonly sector: number;
  readonly job: number;
  readonly passed: Map<PointId, number>;
  /** Its own injection, where the guest had found it before by the interrupt of another. */
  lateInjectNs?: number;
}

/** Traces by machine, and the requests. Without a guest the application runs on the host. */
export interface DrawnTraces {
  readonly guest?: TraceWriter;
  readonly host: TraceWriter;
  readonly requests: readonly TrueRequest[];
}

export const BEGIN_NS = 1_000_000_000;
const EPOCH_NS = 500_000_000_000;

/** An application, and the CPU it has for itself. */
export interface Job {
  readonly app: DrawnThread;
  readonly idle: DrawnThread;
  readonly index: number;
  inFlight: number;
  /** Completed, not reaped. */
  done: TrueRequest[];
  waits: boolean;
  freeAt: number;
  /** In an interrupt, whose end is not known yet; what waits for it. */
  busy: boolean;
  readonly later: ((ns: number) => void)[];
}

/** What a disk's interrupt looks like where its driver handles it. */
export interface DrawnInterrupt {
  readonly irq: number;
  readonly name: string;
}

export abstract class Applications<Own extends Job> {
  protected readonly options: DrawnOptions;
  protected readonly random: () => number;
  protected readonly agenda = new Agenda();
  protected readonly host: TraceWriter;
  /** The machine the applications run on. */
  protected readonly machine: MachineName;
  protected readonly app: TraceWriter;
  protected readonly requests: TrueRequest[] = [];
  readonly #blockLayer: () => number;
  /** Share of the requests that go through a scheduler. */
  readonly #scheduled: number;
  protected abstract readonly jobs: readonly Own[];
  /** Of the block device, as the kernel prints it. */
  protected abstract readonly device: string;

  constructor(options: DrawnOptions, machine: MachineName) {
    this.options = options;
    this.machine = machine;
    this.random = randomFrom(options.seed + 1e6);
    this.#blockLayer = randomFrom(options.seed + 2e6);
    this.#scheduled = [0, 0.5, 1][Math.floor(this.#blockLayer() * 3)]!;
    const { prints, guestOffsetNs, driftPpm } = options;
    this.host = new TraceWriter({ rate: 1, offsetNs: EPOCH_NS, prints });
    this.app =
      machine === 'host'
        ? this.host
        : new TraceWriter({ rate: 1 + driftPpm / 1e6, offsetNs: EPOCH_NS + guestOffsetNs, prints });
  }

  protected newJob(index: number): Job {
    return {
      app: { machine: this.machine, comm: 'fio', tid: 142 + index, cpu: index },
      idle: { machine: this.machine, comm: '<idle>', tid: 0, cpu: index },
      index,
      inFlight: 0,
      done: [],
      waits: false,
      freeAt: BEGIN_NS + index * 777,
      busy: false,
      later: [],
    };
  }

  /** The drive, or its driver, has what was issued from `ns` on; leaves when the system call goes on. */
  protected abstract ring(job: Own, ns: number, issued: readonly TrueRequest[]): number;

  /** The drive completes each of what it has from `ns` on, some time later and in any order. */
  protected driveTakes(
    requests: readonly TrueRequest[],
    ns: number,
    complete: (request: TrueRequest, at: number) => void,
  ): void {
    for (const request of requests) this.agenda.at(this.driveEnds(ns), (now) => complete(request, now));
  }

  /** When the drive has done what it was given at `ns`. */
  protected driveEnds(ns: number): number {
    return ns + 5000 + this.some(15_000);
  }

  /** What the driver leaves of an issued request, the block layer's event last. */
  protected issueLines({ sector }: TrueRequest): readonly string[] {
    return [`block_rq_issue: ${this.device} RS 4096 () ${sector} + 8 [fio]`];
  }

  /** The CPU of a job that waits has nothing to do. */
  protected idles(_job: Own, _ns: number): void {}

  /** A positive time around the mean. */
  protected some(meanNs: number): number {
    const share = this.random();
    const ns = this.options.spread === 'uniform' ? share * 2 * meanNs : -Math.log(1 - share) * meanNs;
    return 1 + Math.round(ns);
  }

  /** A CPU does one thing after the other. */
  protected whenFree(job: Own, at: number, act: (ns: number) => void): void {
    this.agenda.at(at, (ns) => {
      if (job.busy) job.later.push(act);
      else if (ns < job.freeAt) this.whenFree(job, job.freeAt, act);
      else act(ns);
    });
  }

  /** What the application's depth allows, at most all that is left. */
  protected countToSubmit(job: Own): number {
    const room = Math.min(this.options.depth - job.inFlight, this.options.requests - this.requests.length);
    if (room <= 0) return 0;
    return this.random() < 0.5 ? 1 : 1 + Math.floor(this.random() * room);
  }

  protected newRequest(job: Own, begin: number): TrueRequest {
    const request: TrueRequest = {
      sector: 8192 + this.requests.length * 16,
      job: job.index,
      passed: new Map<PointId, number>([['app:submit', begin]]),
    };
    this.requests.push(request);
    job.inFlight++;
    return request;
  }

  /** `since`: nothing that the job did before is later. */
  protected issue(job: Own, request: TrueRequest, since: number, ns: number): void {
    if (this.options.bios) this.#passBlockLayer(job, request, since, ns);
    request.passed.set(`${this.machine}:issue`, ns);
    for (const line of this.issueLines(request)) this.app.add(ns, job.app, line);
  }

  /** A stream of its own: what else is drawn is the same without it. */
  #passBlockLayer({ app }: Own, { sector, passed }: TrueRequest, since: number, ns: number): void {
    const [queue, getrq, insert] = [0, 0, 0]
      .map(() => since + Math.floor(this.#blockLayer() * (ns - since + 1)))
      .sort((a, b) => a - b) as [number, number, number];
    passed.set(`${this.machine}:queue`, queue).set(`${this.machine}:getrq`, getrq);
    this.app.add(queue, app, `block_bio_queue: ${this.device} RS ${sector} + 8 [fio]`);
    this.app.add(getrq, app, `block_getrq: ${this.device} RS ${sector} + 8 [fio]`);
    if (this.#blockLayer() >= this.#scheduled) return;
    passed.set(`${this.machine}:insert`, insert);
    this.app.add(insert, app, `block_rq_insert: ${this.device} RS 4096 () ${sector} + 8 [fio]`);
  }

  /** The application submits what its depth allows, then waits. Its CPU does nothing else meanwhile. */
  protected submit(job: Own, at: number): void {
    const { app } = job;
    const count = this.countToSubmit(job);
    let ns = count > 0 ? this.#ioSubmit(job, at, count) : at;
    job.freeAt = ns;
    if (job.inFlight + job.done.length === 0) return;
    ns += this.some(500);
    this.app.add(ns, app, 'sys_io_getevents(ctx_id: 7f5a, min_nr: 1, nr: 20, events: 55d0, timeout: 0)');
    job.freeAt = ns;
    if (job.done.length > 0) this.#reap(job, ns + this.some(400));
    else {
      job.waits = true;
      this.idles(job, ns);
    }
  }

  #ioSubmit(job: Own, begin: number, count: number): number {
    const { app } = job;
    this.app.add(begin, app, `sys_io_submit(ctx_id: 7f5a, nr: ${count.toString(16)}, iocbpp: 55d0)`);
    let ns = begin;
    const issued: TrueRequest[] = [];
    for (let each = 0; each < count; each++) {
      const since = ns;
      ns += this.some(1500);
      const request = this.newRequest(job, begin);
      issued.push(request);
      this.issue(job, request, since, ns);
    }
    ns = this.ring(job, ns + this.some(300), issued);
    ns += this.some(700);
    this.app.add(ns, app, `sys_io_submit -> 0x${count.toString(16)}`);
    return ns;
  }

  /** The disk's interrupt is handled: what `found` gives by then has completed. `mark` is told of each before. */
  protected handleInterrupt(
    job: Own,
    at: number,
    { irq, name }: DrawnInterrupt,
    found: () => readonly TrueRequest[],
    mark: (request: TrueRequest) => void,
  ): void {
    this.app.add(at, job.idle, `irq_handler_entry: irq=${irq} name=${name}`);
    job.busy = true;
    this.agenda.at(at, () => {
      let ns = at;
      for (const request of found()) {
        ns += this.some(600);
        mark(request);
        request.passed.set(`${this.machine}:irq`, at).set(`${this.machine}:complete`, ns);
        this.app.add(ns, job.idle, `block_rq_complete: ${this.device} RS () ${request.sector} + 8 [0]`);
        job.done.push(request);
      }
      ns += this.some(300);
      this.app.add(ns, job.idle, `irq_handler_exit: irq=${irq} ret=handled`);
      job.freeAt = ns;
      if (job.waits && job.done.length > 0) this.#reap(job, ns + this.some(1500));
      else if (job.waits) this.idles(job, ns);
      job.busy = false;
      for (const act of job.later.splice(0)) this.whenFree(job, job.freeAt, act);
    });
  }

  #reap(job: Own, ns: number): void {
    const reaped = job.done.splice(0);
    job.waits = false;
    job.freeAt = ns;
    job.inFlight -= reaped.length;
    for (const { passed } of reaped) passed.set('app:return', ns);
    this.app.add(ns, job.app, `sys_io_getevents -> 0x${reaped.length.toString(16)}`);
    this.whenFree(job, ns + this.some(2000), (now) => this.submit(job, now));
  }
}
