/** Points that requests lack while the host passed by them as often: a clock that was set, unless a request may go without them. */
import { expect, it } from 'vitest';
import { kindId } from '../../parsers/event-kinds.ts';
import { missedPoint } from '../../src/correlate/missed-points.ts';
import type { Scene } from '../../src/correlate/scene.ts';
import { pathByName } from '../../src/paths/index.ts';
import { indexOccurrences } from '../../src/trace/occurrences.ts';
import { NO_ROW } from '../../src/trace/units.ts';
import { traceFromDiagram } from '../support/trace-diagram.ts';

const REQUESTS = 40;
const MISSING = 4;

/** An interrupt of the drive for each of the requests, of which the last few are no request's. */
function drawn(path: string): Parameters<typeof missedPoint> {
  const interrupts = Array.from(
    { length: REQUESTS },
    (_, at) => `${at * 10} | irq_handler_entry 60 vfio-msix[1](0000:21:00.0)`,
  );
  const { host } = traceFromDiagram(`
lane irq  host cpu1 <idle>-0

µs | irq
${interrupts.join('\n')}
`);
  const occurrences = indexOccurrences(host!);
  const irqs = Int32Array.from({ length: REQUESTS }, (_, at) => (at < REQUESTS - MISSING ? at : NO_ROW));
  const { ts } = host!;
  const scene = {
    path: pathByName(path)!,
    isLossy: false,
    alone: new Uint8Array(REQUESTS).fill(1),
    backend: new Set(),
    requests: { issue: Int32Array.from(irqs.keys()) },
    app: { table: host! },
    host: { table: host!, occurrences, timeOfRow: (row: number) => ts[row]! },
  } as unknown as Scene;
  expect(occurrences.rows('irq_handler_entry').length).toBe(REQUESTS);
  expect(host!.kind[0]).toBe(kindId('irq_handler_entry'));
  return [scene, { rows: new Map([['vfio:irq', irqs]]) } as unknown as Parameters<typeof missedPoint>[1]];
}

it('is said of an assigned drive, whose every completion is told by an interrupt', () => {
  expect(missedPoint(...drawn('vfio-pci-nvme'))).toEqual({ point: 'vfio:irq', requests: MISSING });
});

it('is not where QEMU may find a completion before its interrupt, which is nobody’s then', () => {
  expect(missedPoint(...drawn('virtio-blk-userspace-nvme'))).toBeUndefined();
  expect(missedPoint(...drawn('vhost-user-blk-qsd-nvme'))).toBeUndefined();
});
