/** The same guest and disk, with QEMU driving the NVMe device itself: no block layer of the host, the interrupt through VFIO. */
import type { TrueRequest } from './applications.ts';
import { VirtioDrawing, type VirtioJob } from './draw-virtio.ts';

export class UserspaceNvmeDrawing extends VirtioDrawing {
  /** The interrupt's eventfd is signalled and not read. */
  #signalled = false;

  protected override serve(begin: number, job: VirtioJob, taken: readonly TrueRequest[]): number {
    let ns = begin;
    for (const request of taken) {
      ns += this.some(1200);
      request.passed.set('backend:block', ns);
      this.host.add(ns, this.io, 'blk_aio_preadv: (0x5579c0ae51c0)');
    }
    ns += this.some(1500);
    this.driveTakes(taken, ns, (request, at) => this.complete(job, request, at));
    return ns;
  }

  /** The completion entry is there; the interrupt for it comes when the one before is over. */
  protected override complete(job: VirtioJob, request: TrueRequest, at: number): void {
    this.finished.push({ job, request });
    const entry = Math.max(at, this.lastIrqNs + 2000) + this.some(300);
    const handler = entry + this.some(300);
    const signal = handler + this.some(300);
    this.lastIrqNs = signal + 200;
    request.passed.set('vfio:irq', entry).set('vfio:handler', handler).set('vfio:signal', signal);
    this.host.add(entry, this.irq, 'irq_handler_entry: irq=38 name=vfio-msix[0](0000:21:00.0)');
    this.host.add(handler, this.irq, 'vfio_msihandler: (vfio_msihandler+0x0/0x20 [vfio_pci_core]) irq=38');
    this.host.add(signal, this.irq, 'eventfd_signal: (eventfd_signal+0x0/0x10) ctx=0xfffe id=5');
    this.host.add(signal + 150, this.irq, 'irq_handler_exit: irq=38 ret=handled');
    this.agenda.at(signal, (now) => {
      this.#signalled = true;
      this.wakeBackend(now);
    });
  }

  protected override hasNews(): boolean {
    return this.#signalled;
  }

  /** Once the eventfd is read all completion entries are looked at, also those whose interrupt has not come. */
  protected override seeFinished(begin: number): number {
    if (!this.#signalled) return begin;
    this.#signalled = false;
    const finished = this.finished.splice(0);
    const ns = this.readSignal(begin + this.some(800), finished);
    return finished.length === 0 ? ns : this.tell(ns, finished);
  }
}
