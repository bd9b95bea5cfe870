/** Draws applications that read an NVMe drive which their own machine's kernel drives, by interrupts: bare metal. */
import {
  Applications,
  type DrawnInterrupt,
  type DrawnTraces,
  type Job,
  type TrueRequest,
} from './applications.ts';
import type { DrawnOptions } from './drawn-options.ts';

/** What the kernel leaves of a read command before it issues it. */
export function nvmeSetup(job: number, { sector }: TrueRequest): string {
  return `nvme_setup_cmd: nvme0: disk=nvme0n1, qid=${job + 1}, cmdid=${sector % 4096}, nsid=1, flags=0x0, meta=0x0, cmd=(nvme_cmd_read slba=${sector}, len=7, ctrl=0x0, dsmgmt=0, reftag=0)`;
}

export function nvmeInterrupt({ index }: Job): DrawnInterrupt {
  return { irq: 40 + index, name: `nvme0q${index + 1}` };
}

interface NvmeJob extends Job {
  /** Completed by the drive, not seen by the driver. */
  readonly finished: TrueRequest[];
  irqPending: boolean;
}

export class BareMetalDrawing extends Applications<NvmeJob> {
  protected readonly device = '259,0';
  protected readonly jobs: readonly NvmeJob[];

  constructor(options: DrawnOptions) {
    super(options, 'host');
    this.jobs = Array.from({ length: options.queues }, (_, index) => ({
      ...this.newJob(index),
      finished: [],
      irqPending: false,
    }));
  }

  draw(): DrawnTraces {
    for (const job of this.jobs) this.whenFree(job, job.freeAt, (ns) => this.submit(job, ns));
    this.agenda.run();
    return { host: this.host, requests: this.requests };
  }

  protected override issueLines(request: TrueRequest): readonly string[] {
    return [nvmeSetup(request.job, request), ...super.issueLines(request)];
  }

  protected ring(job: NvmeJob, ns: number, issued: readonly TrueRequest[]): number {
    this.driveTakes(issued, ns, (request, at) => this.#complete(job, request, at));
    return ns;
  }

  /** A second interrupt before the first is taken is the same. */
  #complete(job: NvmeJob, request: TrueRequest, at: number): void {
    job.finished.push(request);
    if (job.irqPending) return;
    job.irqPending = true;
    this.whenFree(job, at + this.some(900), (now) => {
      job.irqPending = false;
      this.handleInterrupt(
        job,
        now,
        nvmeInterrupt(job),
        () => job.finished.splice(0),
        () => {},
      );
    });
  }
}
