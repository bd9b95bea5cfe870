/**
 * Draws a guest with a virtio-blk disk on a host: one back-end thread, one drive behind the host's block layer. A kick, a wake-up
 * is shared because the actors met. Leaves both traces, and for each request the time of every point it really passed.
 */
import type { PointId } from '../../src/paths/points.ts';
import { BEGIN_NS, type DrawnInterrupt, type DrawnTraces, type TrueRequest } from './applications.ts';
import type { DrawnOptions } from './drawn-options.ts';
import { GuestApplications, type GuestJob } from './guest-applications.ts';
import type { DrawnThread } from './trace-writer.ts';

const SHIFT = 2048;

export interface VirtioJob extends GuestJob {
  /** Issued by the guest, not taken by the back-end; pushed to the used ring, not seen by the guest. */
  avail: TrueRequest[];
  used: TrueRequest[];
  /** The guest has written its doorbell; the eventfd is signalled; both until the back-end has read it. */
  kicks: boolean;
  /** When its latest kick passed each point. */
  kick: ReadonlyMap<PointId, number>;
  kicked: boolean;
}

/** Completed by the drive. */
export interface Finished {
  readonly job: VirtioJob;
  readonly request: TrueRequest;
}

export class VirtioDrawing extends GuestApplications<VirtioJob> {
  protected readonly device = '254,0';
  protected readonly jobs: readonly VirtioJob[];
  protected readonly io: DrawnThread;
  protected readonly irq: DrawnThread = { machine: 'host', comm: '<idle>', tid: 0, cpu: 1 };
  /** The back-end puts an entry on the used ring. */
  protected readonly pushEvent: string = 'virtqueue_push';
  #ioFreeAt = BEGIN_NS;
  #ioAwake = false;
  /** Not seen by the back-end. */
  protected finished: Finished[] = [];
  protected lastIrqNs = 0;

  constructor(options: DrawnOptions) {
    super(options);
    this.io = this.backendThread();
    this.jobs = Array.from({ length: options.queues }, (_, index) => ({
      ...this.newJob(index),
      avail: [],
      used: [],
      kicks: false,
      kick: new Map(),
      kicked: false,
    }));
  }

  protected backendThread(): DrawnThread {
    const { mainLoop } = this.options;
    return {
      machine: 'host',
      comm: mainLoop ? 'qemu-system-x86' : 'IO io0',
      tid: mainLoop ? 900 : 910,
      cpu: 0,
    };
  }

  draw(): DrawnTraces {
    this.begin();
    if (!this.options.polls) this.host.add(BEGIN_NS - 900, this.io, PPOLL);
    this.agenda.run();
    this.finish(this.#ioFreeAt);
    return { guest: this.app, host: this.host, requests: this.requests };
  }

  protected interruptOf({ index }: VirtioJob): DrawnInterrupt {
    return { irq: 25 + index, name: `virtio1-req.${index}` };
  }

  protected find(job: VirtioJob): readonly TrueRequest[] {
    return job.used.splice(0);
  }

  protected ring(job: VirtioJob, visible: number, issued: readonly TrueRequest[]): number {
    const kicks = !this.options.polls && !job.kicks;
    this.agenda.at(visible, () => job.avail.push(...issued));
    if (kicks) return this.#kick(job, visible, issued);
    this.agenda.at(visible, (now) => this.wakeBackend(now));
    return visible;
  }

  #kick(job: VirtioJob, begin: number, issued: readonly TrueRequest[]): number {
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
      ns += this.some(mean);
      for (const passed of [passes, ...issued.map((request) => request.passed)]) passed.set(point, ns);
      (thread.machine === 'guest' ? this.app : this.host).add(ns, thread, text);
    }
    this.agenda.at(ns, (now) => {
      job.kicked = true;
      this.wakeBackend(now);
    });
    ns += this.some(900);
    this.host.add(ns, vcpu, `kvm_entry: vcpu ${index}, rip 0xffffffff815446ec`);
    return ns;
  }

  protected wakeBackend(ns: number): void {
    if (this.#ioAwake) return;
    this.#ioAwake = true;
    const delay = this.options.polls ? this.some(600) : this.some(5000);
    this.agenda.at(Math.max(ns, this.#ioFreeAt) + delay, (now) => this.#backend(now, !this.options.polls));
  }

  /** The back-end reads what woke it, then serves completions and queues until there is nothing left. */
  #backend(begin: number, slept: boolean): void {
    let ns = begin;
    if (slept) this.host.add(ns, this.io, 'sys_ppoll -> 0x1');
    ns = this.seeFinished(ns);
    for (const job of this.jobs) {
      if (!job.kicked && job.avail.length === 0) continue;
      if (job.kicked) ns = this.#drain(ns + this.some(600), job);
      const taken = job.avail.splice(0);
      if (taken.length > 0) ns = this.serve(ns + this.some(1500), job, taken);
    }
    this.#ioFreeAt = ns;
    this.agenda.at(ns + this.some(500), (now) => {
      this.#ioAwake = false;
      const more = this.hasNews() || this.jobs.some(({ avail, kicked }) => avail.length > 0 || kicked);
      this.#ioFreeAt = now;
      if (!this.options.polls) this.host.add(now, this.io, PPOLL);
      if (more) this.wakeBackend(now);
    });
  }

  /** Reads the eventfd of a queue. Those kicked for are those that are visible by now. */
  #drain(ns: number, job: VirtioJob): number {
    const read = this.read(ns, 16 + job.index);
    for (const { passed } of job.avail) {
      // Issued while an older kick was on its way: the next one is its kick too.
      if (!passed.has('guest:kick') && job.kick.get('guest:kick')! >= passed.get('guest:issue')!)
        for (const [point, at] of job.kick) passed.set(point, at);
      if (passed.has('kvm:ioeventfd')) passed.set('backend:kick-read', read);
    }
    job.kicked = false;
    job.kicks = false;
    return read + 100 + this.some(200);
  }

  protected read(ns: number, fd: number): number {
    this.host.add(ns, this.io, `sys_read(fd: ${fd.toString(16)}, buf: 7f6bbbdfd350, count: 200)`);
    const read = ns + this.some(200);
    this.host.add(read, this.io, 'eventfd_read: (eventfd_read+0x0/0x300)');
    this.host.add(read + 100, this.io, 'sys_read -> 0x8');
    return read;
  }

  /** Requests on their way to the drive. */
  protected serve(begin: number, job: VirtioJob, taken: readonly TrueRequest[]): number {
    const count = taken.length.toString(16);
    this.host.add(begin, this.io, `sys_io_submit(ctx_id: 7f6b, nr: ${count}, iocbpp: 7f6b)`);
    let ns = begin;
    for (const request of taken) {
      ns += this.some(1200);
      request.passed.set('backend:submit', begin).set('host:issue', ns);
      this.host.add(ns, this.io, `block_rq_issue: 259,0 RS 4096 () ${request.sector + SHIFT} + 8 [IO io0]`);
      this.agenda.at(this.driveEnds(ns), (now) => this.complete(job, request, now));
    }
    ns += this.some(500);
    this.host.add(ns, this.io, `sys_io_submit -> 0x${count}`);
    return ns;
  }

  /** An interrupt of the drive for each; one after the other on its CPU. */
  protected complete(job: VirtioJob, request: TrueRequest, at: number): void {
    const entry = Math.max(at, this.lastIrqNs + 2000);
    const complete = entry + this.some(900);
    const notify = complete + this.some(400);
    this.lastIrqNs = notify + 200;
    request.passed.set('host:irq', entry).set('host:complete', complete).set('host:aio-notify', notify);
    this.host.add(entry, this.irq, 'irq_handler_entry: irq=45 name=nvme0q4');
    this.host.add(complete, this.irq, `block_rq_complete: 259,0 RS () ${request.sector + SHIFT} + 8 [0]`);
    this.host.add(notify, this.irq, 'eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xfffe id=8');
    this.host.add(notify + 150, this.irq, 'irq_handler_exit: irq=45 ret=handled');
    this.agenda.at(notify, (now) => {
      this.finished.push({ job, request });
      this.wakeBackend(now);
    });
  }

  /** Whether something wakes the back-end for what the drive has completed. */
  protected hasNews(): boolean {
    return this.finished.length > 0;
  }

  /** What the drive has completed is seen, and told to the guests. */
  protected seeFinished(begin: number): number {
    const finished = this.finished.splice(0);
    return finished.length === 0
      ? begin
      : this.tell(this.readSignal(begin + this.some(800), finished), finished);
  }

  protected readSignal(begin: number, finished: readonly Finished[]): number {
    if (this.options.polls) return begin;
    const read = this.read(begin, 14);
    for (const { request } of finished) request.passed.set('backend:complete-read', read);
    return read + 100;
  }

  protected tell(begin: number, finished: readonly Finished[]): number {
    let ns = begin;
    for (const { job, request } of finished) {
      ns += this.some(700);
      request.passed.set('backend:push', ns);
      this.host.add(ns, this.io, `${this.pushEvent}: (0x5635fc3f77c0)`);
      this.agenda.at(ns, () => job.used.push(request));
    }
    for (const job of new Set(finished.map((each) => each.job))) {
      const irqfd = ns + this.some(800);
      const inject = irqfd + this.some(300);
      this.callGuest(ns, irqfd);
      this.host.add(irqfd, this.io, 'irqfd_wakeup: (irqfd_wakeup+0x0/0x280 [kvm])');
      this.host.add(
        inject,
        this.io,
        `kvm_apic_accept_irq: apicid ${job.index} vec ${this.vector + job.index} (Fixed|edge)`,
      );
      for (const each of finished)
        if (each.job === job) each.request.passed.set('kvm:irqfd', irqfd).set('kvm:inject', inject);
      const raised = new Map<PointId, number>([
        ['kvm:irqfd', irqfd],
        ['kvm:inject', inject],
      ]);
      this.agenda.at(inject, (now) => this.inject(job, now, raised));
      ns = inject;
    }
    return ns;
  }

  /** What the back-end leaves before KVM's irqfd. */
  protected callGuest(_pushed: number, _irqfd: number): void {}
}

const PPOLL = 'sys_ppoll(ufds: 7f6bac0030c0, nfds: 3, tsp: 0, sigmask: 0, sigsetsize: 8)';
