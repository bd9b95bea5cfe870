/** Applications in a guest: each has a vCPU, whose interrupts are injected. */
import type { PointId } from '../../src/paths/points.ts';
import { Applications, type DrawnInterrupt, type Job, type TrueRequest } from './applications.ts';
import type { DrawnOptions } from './drawn-options.ts';
import type { DrawnThread } from './trace-writer.ts';

export interface GuestJob extends Job {
  readonly vcpu: DrawnThread;
  irqPending: boolean;
  halted: boolean;
}

export abstract class GuestApplications<Own extends GuestJob> extends Applications<Own> {
  /** Vector of the first job's interrupt; each has its own. */
  protected readonly vector = 38;

  constructor(options: DrawnOptions) {
    super(options, 'guest');
  }

  protected override newJob(index: number): GuestJob {
    return {
      ...super.newJob(index),
      vcpu: { machine: 'host', comm: `CPU ${index}/KVM`, tid: 912 + index, cpu: 2 + index },
      irqPending: false,
      halted: false,
    };
  }

  protected abstract interruptOf(job: Own): DrawnInterrupt;
  /** Takes what the guest's driver finds done. */
  protected abstract find(job: Own): readonly TrueRequest[];

  protected begin(): void {
    for (const job of this.jobs) {
      this.host.add(job.freeAt - 500, job.vcpu, `kvm_entry: vcpu ${job.index}, rip 0xffffffff81a592eb`);
      this.app.add(job.freeAt - 400, job.app, 'sys_write(fd: 1, buf: 7ffc, count: 1)');
      this.whenFree(job, job.freeAt, (ns) => this.submit(job, ns));
    }
  }

  protected finish(lastNs: number): void {
    const end = Math.max(lastNs, ...this.jobs.map(({ freeAt }) => freeAt)) + 50_000;
    for (const job of this.jobs) this.host.add(end, job.vcpu, haltExit(job));
  }

  /**
   * The vCPU takes an interrupt when it is free; a second one meanwhile is the same interrupt. `raised`: the points that this
   * one has passed on the host, its injection among them.
   */
  protected inject(job: Own, at: number, raised: ReadonlyMap<PointId, number>): void {
    if (job.irqPending) return;
    job.irqPending = true;
    this.whenFree(job, at + this.some(job.halted ? 4000 : 700), (now) => this.#deliver(job, now, raised));
  }

  #deliver(job: Own, at: number, raised: ReadonlyMap<PointId, number>): void {
    const { vcpu, index } = job;
    if (!job.halted) this.host.add(at, vcpu, `kvm_exit: vcpu ${index} reason interrupt rip 0xffff info1 0x0`);
    const deliver = at + this.some(300);
    const entry = deliver + this.some(200);
    const irq = entry + this.some(900);
    this.host.add(deliver, vcpu, `kvm_inj_virq: IRQ 0x${(this.vector + index).toString(16)}`);
    this.host.add(entry, vcpu, `kvm_entry: vcpu ${index}, rip 0xffffffff81a592eb`);
    job.irqPending = false;
    job.halted = false;
    this.handleInterrupt(
      job,
      irq,
      this.interruptOf(job),
      () => this.find(job),
      (request) => {
        const { passed } = request;
        // An interrupt that was raised for others may find it before its own is raised.
        const own = passed.get('kvm:inject')!;
        if (own > irq) request.lateInjectNs = own;
        for (const [point, ns] of raised) if (!(passed.get(point)! <= irq)) passed.set(point, ns);
        passed.set('kvm:deliver', deliver).set('kvm:entry', entry);
      },
    );
  }

  protected override idles(job: Own, ns: number): void {
    if (!this.options.halts || job.halted || job.irqPending) return;
    const halt = ns + this.some(800);
    job.halted = true;
    job.freeAt = halt;
    this.host.add(halt, job.vcpu, haltExit(job));
  }
}

const haltExit = ({ index }: Job) => `kvm_exit: vcpu ${index} reason hlt rip 0xffffffff81a592ea info1 0x0`;
