/** Draws a guest that drives an assigned NVMe device itself: the host sees its interrupts, and nothing of its submissions. */
import type { PointId } from '../../src/paths/points.ts';
import type { DrawnInterrupt, DrawnTraces, TrueRequest } from './applications.ts';
import { nvmeInterrupt, nvmeSetup } from './draw-nvme.ts';
import type { DrawnOptions } from './drawn-options.ts';
import { GuestApplications, type GuestJob } from './guest-applications.ts';
import type { DrawnThread } from './trace-writer.ts';

interface VfioJob extends GuestJob {
  /** Completed by the drive, not seen by the guest. */
  readonly finished: TrueRequest[];
}

export class VfioDrawing extends GuestApplications<VfioJob> {
  protected readonly device = '259,0';
  protected readonly jobs: readonly VfioJob[];
  readonly #irq: DrawnThread = { machine: 'host', comm: '<idle>', tid: 0, cpu: 1 };
  #lastIrqNs = 0;

  constructor(options: DrawnOptions) {
    super(options);
    this.jobs = Array.from({ length: options.queues }, (_, index) => ({
      ...this.newJob(index),
      finished: [],
    }));
  }

  draw(): DrawnTraces {
    this.begin();
    this.agenda.run();
    this.finish(this.#lastIrqNs);
    return { guest: this.app, host: this.host, requests: this.requests };
  }

  protected override issueLines(request: TrueRequest): readonly string[] {
    return [nvmeSetup(request.job, request), ...super.issueLines(request)];
  }

  protected interruptOf(job: VfioJob): DrawnInterrupt {
    return nvmeInterrupt(job);
  }

  protected find(job: VfioJob): readonly TrueRequest[] {
    return job.finished.splice(0);
  }

  protected ring(job: VfioJob, ns: number, issued: readonly TrueRequest[]): number {
    this.driveTakes(issued, ns, (request, at) => this.#complete(job, request, at));
    return ns;
  }

  /** The completion entry is there; the host handles the interrupts of all queues one after the other. */
  #complete(job: VfioJob, request: TrueRequest, at: number): void {
    job.finished.push(request);
    const entry = Math.max(at, this.#lastIrqNs + 2000) + this.some(300);
    const handler = entry + this.some(300);
    const irqfd = handler + this.some(400);
    const inject = irqfd + this.some(300);
    this.#lastIrqNs = inject + 200;
    const irq = 60 + job.index;
    const raised = new Map<PointId, number>([
      ['vfio:irq', entry],
      ['vfio:handler', handler],
      ['kvm:irqfd', irqfd],
      ['kvm:inject', inject],
    ]);
    for (const [point, ns] of raised) request.passed.set(point, ns);
    const lines: readonly [number, string][] = [
      [entry, `irq_handler_entry: irq=${irq} name=vfio-msix[${job.index + 1}](0000:21:00.0)`],
      [handler, `vfio_msihandler: (vfio_msihandler+0x0/0x20 [vfio_pci_core]) irq=${irq}`],
      [irqfd, 'irqfd_wakeup: (irqfd_wakeup+0x0/0x1d0 [kvm]) wait=0xffff8881420c9608 key=0x1'],
      [inject, `kvm_apic_accept_irq: apicid ${job.index} vec ${this.vector + job.index} (Fixed|edge)`],
      [inject + 150, `irq_handler_exit: irq=${irq} ret=handled`],
    ];
    for (const [ns, line] of lines) this.host.add(ns, this.#irq, line);
    this.agenda.at(inject, (now) => this.inject(job, now, raised));
  }
}
