/**
 * Draws a guest with a virtio-blk disk on a host: applications with libaio at any depth, one queue and vCPU each, one
 * back-end thread, one drive. Every actor does one thing after the other; what is shared (a kick, an interrupt, a wake-up)
 * is shared because the actors met. Leaves both traces, and for each request the time of every point it really passed.
 */
import type { PointId } from '../../src/paths/points.ts';
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

export interface DrawnTraces {
  readonly guest: TraceWriter;
  readonly host: TraceWriter;
  readonly requests: readonly TrueRequest[];
}

const BEGIN_NS = 1_000_000_000;
const SHIFT = 2048;

/** Draws what the options say. */
export function drawVirtio(options: DrawnOptions): DrawnTraces {
  return new Drawing(options).draw();
}

interface Job {
  readonly app: DrawnThread;
  readonly guestIdle: DrawnThread;
  readonly vcpu: DrawnThread;
  readonly index: number;
  inFlight: number;
  /** Completed in the guest, not reaped. */
  done: TrueRequest[];
  /** Issued by the guest, not taken by the back-end; pushed to the used ring, not seen by the guest. */
  avail: TrueRequest[];
  used: TrueRequest[];
  waits: boolean;
  freeAt: number;
  /** In an interrupt, whose end is not known yet; what waits for it. */
  busy: boolean;
  readonly later: ((ns: number) => void)[];
  /** The guest has written its doorbell; the eventfd is signalled; both until the back-end has read it. */
  kicks: boolean;
  /** When its latest kick passed each point. */
  kick: ReadonlyMap<PointId, number>;
  kicked: boolean;
  irqPending: boolean;
  halted: boolean;
}

class Drawing {
  readonly #options: DrawnOptions;
  readonly #random: () => number;
  readonly #agenda = new Agenda();
  readonly #guest: TraceWriter;
  readonly #host: TraceWriter;
  readonly #requests: TrueRequest[] = [];
  readonly #jobs: readonly Job[];
  readonly #io: DrawnThread;
  readonly #irq: DrawnThread = { machine: 'host', comm: '<idle>', tid: 0, cpu: 1 };
  #ioFreeAt = BEGIN_NS;
  #ioAwake = false;
  /** Completed by the drive, not seen by the back-end. */
  #finished: { readonly job: Job; readonly request: TrueRequest }[] = [];
  #lastIrqNs = 0;

  constructor(options: DrawnOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed + 1e6);
    const { prints, guestOffsetNs, driftPpm, mainLoop } = options;
    this.#host = new TraceWriter({ rate: 1, offsetNs: 500_000_000_000, prints });
    this.#guest = new TraceWriter({
      rate: 1 + driftPpm / 1e6,
      offsetNs: 500_000_000_000 + guestOffsetNs,
      prints,
    });
    this.#io = {
      machine: 'host',
      comm: mainLoop ? 'qemu-system-x86' : 'IO io0',
      tid: mainLoop ? 900 : 910,
      cpu: 0,
    };
    this.#jobs = Array.from({ length: options.queues }, (_, index) => ({
      app: { machine: 'guest', comm: 'fio', tid: 142 + index, cpu: index },
      guestIdle: { machine: 'guest', comm: '<idle>', tid: 0, cpu: index },
      vcpu: { machine: 'host', comm: `CPU ${index}/KVM`, tid: 912 + index, cpu: 2 + index },
      index,
      inFlight: 0,
      done: [],
      avail: [],
      used: [],
      waits: false,
      freeAt: BEGIN_NS + index * 777,
      busy: false,
      later: [],
      kicks: false,
      kick: new Map(),
      kicked: false,
      irqPending: false,
      halted: false,
    }));
  }

  draw(): DrawnTraces {
    for (const job of this.#jobs) {
      this.#host.add(job.freeAt - 500, job.vcpu, `kvm_entry: vcpu ${job.index}, rip 0xffffffff81a592eb`);
      this.#guest.add(job.freeAt - 400, job.app, 'sys_write(fd: 1, buf: 7ffc, count: 1)');
      this.#whenFree(job, job.freeAt, (ns) => this.#submit(job, ns));
    }
    if (!this.#options.polls) this.#host.add(BEGIN_NS - 900, this.#io, PPOLL);
    this.#agenda.run();
    const end = Math.max(this.#ioFreeAt, ...this.#jobs.map(({ freeAt }) => freeAt)) + 50_000;
    for (const job of this.#jobs)
      this.#host.add(
        end,
        job.vcpu,
        `kvm_exit: vcpu ${job.index} reason hlt rip 0xffffffff81a592ea info1 0x0`,
      );
    return { guest: this.#guest, host: this.#host, requests: this.#requests };
  }

  /** A positive time around the mean. */
  #some(meanNs: number): number {
    const share = this.#random();
    const ns = this.#options.spread === 'uniform' ? share * 2 * meanNs : -Math.log(1 - share) * meanNs;
    return 1 + Math.round(ns);
  }

  /** A vCPU does one thing after the other. */
  #whenFree(job: Job, at: number, act: (ns: number) => void): void {
    this.#agenda.at(at, (ns) => {
      if (job.busy) job.later.push(act);
      else if (ns < job.freeAt) this.#whenFree(job, job.freeAt, act);
      else act(ns);
    });
  }

  /** The application submits what its depth allows, then waits. Its vCPU does nothing else meanwhile. */
  #submit(job: Job, at: number): void {
    const { app } = job;
    const room = Math.min(this.#options.depth - job.inFlight, this.#options.requests - this.#requests.length);
    let ns = at;
    if (room > 0) {
      const count = this.#random() < 0.5 ? 1 : 1 + Math.floor(this.#random() * room);
      ns = this.#ioSubmit(job, ns, count);
    }
    job.freeAt = ns;
    if (job.inFlight + job.done.length === 0) return;
    ns += this.#some(500);
    this.#guest.add(ns, app, 'sys_io_getevents(ctx_id: 7f5a, min_nr: 1, nr: 20, events: 55d0, timeout: 0)');
    job.freeAt = ns;
    if (job.done.length > 0) this.#reap(job, ns + this.#some(400));
    else {
      job.waits = true;
      this.#idle(job, ns);
    }
  }

  #ioSubmit(job: Job, begin: number, count: number): number {
    const { app, index } = job;
    this.#guest.add(begin, app, `sys_io_submit(ctx_id: 7f5a, nr: ${count.toString(16)}, iocbpp: 55d0)`);
    let ns = begin;
    const issued: TrueRequest[] = [];
    for (let each = 0; each < count; each++) {
      ns += this.#some(1500);
      const request: TrueRequest = {
        sector: 8192 + this.#requests.length * 16,
        job: index,
        passed: new Map<PointId, number>(),
      };
      this.#requests.push(request);
      issued.push(request);
      job.inFlight++;
      request.passed.set('app:submit', begin).set('guest:issue', ns);
      this.#guest.add(ns, app, `block_rq_issue: 254,0 RS 4096 () ${request.sector} + 8 [fio]`);
    }
    ns += this.#some(300);
    const kicks = !this.#options.polls && !job.kicks;
    const visible = ns;
    this.#agenda.at(visible, () => job.avail.push(...issued));
    if (kicks) ns = this.#kick(job, ns, issued);
    else this.#agenda.at(visible, (now) => this.#wakeBackend(now));
    ns += this.#some(700);
    this.#guest.add(ns, app, `sys_io_submit -> 0x${count.toString(16)}`);
    return ns;
  }

  #kick(job: Job, begin: number, issued: readonly TrueRequest[]): number {
    const { app, vcpu, index } = job;
    job.kicks = true;
    const address = `0xfebfb00${index * 4}`;
    const steps: [number, PointId, DrawnThread, string][] = [
      [200, 'guest:kick', app, 'vp_notify: (vp_notify+0x0/0x20 [virtio_pci])'],
      [1200, 'kvm:exit', vcpu, `kvm_exit: vcpu ${index} reason npf rip 0xffffffff815446e9 info1 0x0`],
      [400, 'kvm:mmio', vcpu, `kvm_mmio: mmio write len 2 gpa ${address} val 0x0`],
      [
        300,
        'kvm:ioeventfd',
        vcpu,
        `eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xffff id=${7 + 10 * index}`,
      ],
    ];
    let ns = begin;
    const passes = new Map<PointId, number>();
    job.kick = passes;
    for (const [mean, point, thread, text] of steps) {
      ns += this.#some(mean);
      for (const passed of [passes, ...issued.map((request) => request.passed)]) passed.set(point, ns);
      (thread.machine === 'guest' ? this.#guest : this.#host).add(ns, thread, text);
    }
    this.#agenda.at(ns, (now) => {
      job.kicked = true;
      this.#wakeBackend(now);
    });
    ns += this.#some(900);
    this.#host.add(ns, vcpu, `kvm_entry: vcpu ${index}, rip 0xffffffff815446ec`);
    return ns;
  }

  #wakeBackend(ns: number): void {
    if (this.#ioAwake) return;
    this.#ioAwake = true;
    const delay = this.#options.polls ? this.#some(600) : this.#some(5000);
    this.#agenda.at(Math.max(ns, this.#ioFreeAt) + delay, (now) => this.#backend(now, !this.#options.polls));
  }

  /** The back-end reads what woke it, then serves completions and queues until there is nothing left. */
  #backend(begin: number, slept: boolean): void {
    let ns = begin;
    if (slept) this.#host.add(ns, this.#io, 'sys_ppoll -> 0x1');
    const finished = this.#finished.splice(0);
    if (finished.length > 0) ns = this.#push(ns + this.#some(800), finished);
    for (const job of this.#jobs) {
      if (!job.kicked && job.avail.length === 0) continue;
      if (job.kicked) ns = this.#drain(ns + this.#some(600), job);
      const taken = job.avail.splice(0);
      if (taken.length > 0) ns = this.#serve(ns + this.#some(1500), job, taken);
    }
    this.#ioFreeAt = ns;
    this.#agenda.at(ns + this.#some(500), (now) => {
      this.#ioAwake = false;
      const more =
        this.#finished.length > 0 || this.#jobs.some(({ avail, kicked }) => avail.length > 0 || kicked);
      this.#ioFreeAt = now;
      if (!this.#options.polls) this.#host.add(now, this.#io, PPOLL);
      if (more) this.#wakeBackend(now);
    });
  }

  /** Reads the eventfd of a queue. Those kicked for are those that are visible by now. */
  #drain(ns: number, job: Job): number {
    const read = this.#read(ns, 16 + job.index);
    for (const { passed } of job.avail) {
      // Issued while an older kick was on its way: the next one is its kick too.
      if (!passed.has('guest:kick') && job.kick.get('guest:kick')! >= passed.get('guest:issue')!)
        for (const [point, at] of job.kick) passed.set(point, at);
      if (passed.has('kvm:ioeventfd')) passed.set('backend:kick-read', read);
    }
    job.kicked = false;
    job.kicks = false;
    return read + 100 + this.#some(200);
  }

  #read(ns: number, fd: number): number {
    this.#host.add(ns, this.#io, `sys_read(fd: ${fd.toString(16)}, buf: 7f6bbbdfd350, count: 200)`);
    const read = ns + this.#some(200);
    this.#host.add(read, this.#io, 'eventfd_read: (eventfd_read+0x0/0x300)');
    this.#host.add(read + 100, this.#io, 'sys_read -> 0x8');
    return read;
  }

  #serve(begin: number, job: Job, taken: readonly TrueRequest[]): number {
    const count = taken.length.toString(16);
    this.#host.add(begin, this.#io, `sys_io_submit(ctx_id: 7f6b, nr: ${count}, iocbpp: 7f6b)`);
    let ns = begin;
    for (const request of taken) {
      ns += this.#some(1200);
      request.passed.set('backend:submit', begin).set('host:issue', ns);
      this.#host.add(ns, this.#io, `block_rq_issue: 259,0 RS 4096 () ${request.sector + SHIFT} + 8 [IO io0]`);
      this.#agenda.at(ns + 5000 + this.#some(15_000), (now) => this.#complete(job, request, now));
    }
    ns += this.#some(500);
    this.#host.add(ns, this.#io, `sys_io_submit -> 0x${count}`);
    return ns;
  }

  /** An interrupt of the drive for each; one after the other on its CPU. */
  #complete(job: Job, request: TrueRequest, at: number): void {
    const entry = Math.max(at, this.#lastIrqNs + 2000);
    const complete = entry + this.#some(900);
    const notify = complete + this.#some(400);
    this.#lastIrqNs = notify + 200;
    request.passed.set('host:irq', entry).set('host:complete', complete).set('host:aio-notify', notify);
    this.#host.add(entry, this.#irq, 'irq_handler_entry: irq=45 name=nvme0q4');
    this.#host.add(complete, this.#irq, `block_rq_complete: 259,0 RS () ${request.sector + SHIFT} + 8 [0]`);
    this.#host.add(notify, this.#irq, 'eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xfffe id=8');
    this.#host.add(notify + 150, this.#irq, 'irq_handler_exit: irq=45 ret=handled');
    this.#agenda.at(notify, (now) => {
      this.#finished.push({ job, request });
      this.#wakeBackend(now);
    });
  }

  #push(begin: number, finished: readonly { readonly job: Job; readonly request: TrueRequest }[]): number {
    let ns = begin;
    if (!this.#options.polls) {
      ns = this.#read(ns, 14);
      for (const { request } of finished) request.passed.set('backend:complete-read', ns);
      ns += 100;
    }
    for (const { job, request } of finished) {
      ns += this.#some(700);
      request.passed.set('backend:push', ns);
      this.#host.add(ns, this.#io, 'virtqueue_push: (0x5635fc3f77c0)');
      this.#agenda.at(ns, () => job.used.push(request));
    }
    for (const job of new Set(finished.map((each) => each.job))) {
      const irqfd = ns + this.#some(800);
      const inject = irqfd + this.#some(300);
      this.#host.add(irqfd, this.#io, 'irqfd_wakeup: (irqfd_wakeup+0x0/0x280 [kvm])');
      this.#host.add(
        inject,
        this.#io,
        `kvm_apic_accept_irq: apicid ${job.index} vec ${38 + job.index} (Fixed|edge)`,
      );
      for (const each of finished)
        if (each.job === job) each.request.passed.set('kvm:irqfd', irqfd).set('kvm:inject', inject);
      this.#agenda.at(inject, (now) => this.#inject(job, now, irqfd, inject));
      ns = inject;
    }
    return ns;
  }

  /** The vCPU takes the interrupt when it is free; a second one meanwhile is the same interrupt. */
  #inject(job: Job, at: number, irqfd: number, inject: number): void {
    if (job.irqPending) return;
    job.irqPending = true;
    this.#whenFree(job, at + this.#some(job.halted ? 4000 : 700), (now) =>
      this.#deliver(job, now, irqfd, inject),
    );
  }

  #deliver(job: Job, at: number, irqfd: number, inject: number): void {
    const { vcpu, index, guestIdle } = job;
    let ns = at;
    if (!job.halted)
      this.#host.add(ns, vcpu, `kvm_exit: vcpu ${index} reason interrupt rip 0xffff info1 0x0`);
    const deliver = ns + this.#some(300);
    const entry = deliver + this.#some(200);
    const irq = entry + this.#some(900);
    this.#host.add(deliver, vcpu, `kvm_inj_virq: IRQ 0x${(38 + index).toString(16)}`);
    this.#host.add(entry, vcpu, `kvm_entry: vcpu ${index}, rip 0xffffffff81a592eb`);
    this.#guest.add(irq, guestIdle, `irq_handler_entry: irq=${25 + index} name=virtio1-req.${index}`);
    job.irqPending = false;
    job.halted = false;
    job.busy = true;
    ns = irq;
    this.#agenda.at(irq, () => {
      for (const request of job.used.splice(0)) {
        ns += this.#some(600);
        // An interrupt that was raised for others may find it before its own is raised.
        if (!(request.passed.get('kvm:irqfd')! <= irq)) request.passed.set('kvm:irqfd', irqfd);
        const own = request.passed.get('kvm:inject')!;
        if (own > irq) request.lateInjectNs = own;
        if (!(own <= irq)) request.passed.set('kvm:inject', inject);
        request.passed.set('kvm:deliver', deliver).set('kvm:entry', entry).set('guest:irq', irq);
        request.passed.set('guest:complete', ns);
        this.#guest.add(ns, guestIdle, `block_rq_complete: 254,0 RS () ${request.sector} + 8 [0]`);
        job.done.push(request);
      }
      ns += this.#some(300);
      this.#guest.add(ns, guestIdle, `irq_handler_exit: irq=${25 + index} ret=handled`);
      job.freeAt = ns;
      if (job.waits && job.done.length > 0) this.#reap(job, ns + this.#some(1500));
      else if (job.waits) this.#idle(job, ns);
      job.busy = false;
      for (const act of job.later.splice(0)) this.#whenFree(job, job.freeAt, act);
    });
  }

  #reap(job: Job, ns: number): void {
    const reaped = job.done.splice(0);
    job.waits = false;
    job.freeAt = ns;
    job.inFlight -= reaped.length;
    for (const { passed } of reaped) passed.set('app:return', ns);
    this.#guest.add(ns, job.app, `sys_io_getevents -> 0x${reaped.length.toString(16)}`);
    this.#whenFree(job, ns + this.#some(2000), (now) => this.#submit(job, now));
  }

  #idle(job: Job, ns: number): void {
    if (!this.#options.halts || job.halted || job.irqPending) return;
    const halt = ns + this.#some(800);
    job.halted = true;
    job.freeAt = halt;
    this.#host.add(halt, job.vcpu, `kvm_exit: vcpu ${job.index} reason hlt rip 0xffffffff81a592ea info1 0x0`);
  }
}

const PPOLL = 'sys_ppoll(ufds: 7f6bac0030c0, nfds: 3, tsp: 0, sigmask: 0, sigsetsize: 8)';
