/** Draws applications that poll an NVMe drive through io_uring: on bare metal, or in a guest to which it is assigned. */
import type { MachineName } from '../../src/trace/recording.ts';
import { Applications, BEGIN_NS, type DrawnTraces, type Job, type TrueRequest } from './applications.ts';
import { nvmeSetup } from './draw-nvme.ts';
import type { DrawnOptions } from './drawn-options.ts';

/** A request in flight, and when the drive has completed it. */
interface Polled {
  readonly request: TrueRequest;
  readonly doneNs: number;
}

export class PolledDrawing extends Applications<Job> {
  protected readonly device = '259,0';
  protected readonly jobs: readonly Job[];

  constructor(options: DrawnOptions, machine: MachineName) {
    super(options, machine);
    this.jobs = Array.from({ length: options.queues }, (_, index) => this.newJob(index));
  }

  draw(): DrawnTraces {
    for (const job of this.jobs) this.agenda.at(job.freeAt, (ns) => this.#enter(job, ns, []));
    this.agenda.run();
    if (this.machine === 'host') return { host: this.host, requests: this.requests };
    for (const { index, freeAt } of this.jobs) this.#vcpu(index, freeAt);
    return { guest: this.app, host: this.host, requests: this.requests };
  }

  protected ring(): number {
    throw new Error('polled requests are submitted by the call that polls');
  }

  protected override issueLines(request: TrueRequest): readonly string[] {
    const line = super.issueLines(request)[0]!;
    return [nvmeSetup(request.job, request), line.replace(' RS ', ' R ')];
  }

  /** One call: it submits, then polls until at least one request has completed; more may have by then. */
  #enter(job: Job, begin: number, before: readonly Polled[]): void {
    const count = this.countToSubmit(job);
    let inFlight = [...before];
    if (count === 0 && inFlight.length === 0) return;
    const args = `to_submit: ${count.toString(16)}, min_complete: 1, flags: 1, argp: 0, argsz: 0`;
    this.app.add(begin, job.app, `sys_io_uring_enter(fd: 3, ${args})`);
    let ns = begin;
    for (let each = 0; each < count; each++) {
      const since = ns;
      ns += this.some(1500);
      const request = this.newRequest(job, begin);
      this.issue(job, request, since, ns);
      inFlight.push({ request, doneNs: this.driveEnds(ns) });
    }
    inFlight.sort((a, b) => a.doneNs - b.doneNs);
    const found: TrueRequest[] = [];
    while (inFlight.length > 0 && (found.length === 0 || inFlight[0]!.doneNs <= ns)) {
      const { request, doneNs } = inFlight[0]!;
      inFlight = inFlight.slice(1);
      ns = this.#find(job, request, Math.max(ns, doneNs) + this.some(200));
      found.push(request);
    }
    ns += this.some(700);
    this.app.add(ns, job.app, `sys_io_uring_enter -> 0x${count.toString(16)}`);
    for (const { passed } of found) passed.set('app:return', ns);
    job.inFlight -= found.length;
    job.freeAt = ns;
    this.agenda.at(ns + this.some(2000), (now) => this.#enter(job, now, inFlight));
  }

  #find(job: Job, request: TrueRequest, at: number): number {
    const complete = at + this.some(400);
    request.passed.set(`${this.machine}:poll-found`, at).set(`${this.machine}:complete`, complete);
    this.app.add(at, job.app, `nvme_sq: nvme0: disk=nvme0n1, qid=${job.index + 1}, head=100, tail=100`);
    this.app.add(complete, job.app, `block_rq_complete: ${this.device} R () ${request.sector} + 8 [0]`);
    return complete;
  }

  /** All that the host sees of a polling guest: that its vCPU runs, and leaves for a timer. */
  #vcpu(index: number, end: number): void {
    const vcpu = { machine: 'host' as const, comm: `CPU ${index}/KVM`, tid: 912 + index, cpu: 2 + index };
    for (let ns = BEGIN_NS - 500; ns < end; ns += 1_000_000) {
      this.host.add(ns, vcpu, `kvm_entry: vcpu ${index}, rip 0xffffffff81a592eb`);
      this.host.add(ns + 990_000, vcpu, `kvm_exit: vcpu ${index} reason interrupt rip 0xffff info1 0x0`);
    }
  }
}
