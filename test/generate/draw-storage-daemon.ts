/** The same guest and disk, served by qemu-storage-daemon: another process, and an eventfd written for each interrupt. */
import { VirtioDrawing } from './draw-virtio.ts';
import type { DrawnThread } from './trace-writer.ts';

export class StorageDaemonDrawing extends VirtioDrawing {
  protected override readonly pushEvent = 'vu_queue_push';

  protected override backendThread(): DrawnThread {
    return { machine: 'host', comm: 'qemu-storage-da', tid: 1500, cpu: 0 };
  }

  protected override callGuest(pushed: number, irqfd: number): void {
    const write = pushed + Math.floor((irqfd - pushed) / 2);
    this.host.add(write, this.io, 'sys_write(fd: f, buf: 7faff9e6ae28, count: 8)');
    this.host.add(write, this.io, 'eventfd_write: (eventfd_write+0x0/0x330)');
  }
}
