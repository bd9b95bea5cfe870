/** The clocks' relation hangs on the first and the last row of a request on the host: what lies between is not looked for. */
import { readdirSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { boundingPath } from '../../src/correlate/bounding-rules.ts';
import { virtioBlkIothread } from '../../src/paths/virtio-blk-iothread.ts';
import type { Occurrences } from '../../src/trace/occurrences.ts';

const all = vi.hoisted(() => ({ rules: false, left: 0 }));
vi.mock('../../src/correlate/bounding-rules.ts', async (original) => {
  const real = await original<{ boundingPath: typeof boundingPath }>();
  return {
    boundingPath: (...[path, host]: Parameters<typeof boundingPath>) => {
      const bounding = real.boundingPath(path, host);
      all.left += path.rules.length - bounding.rules.length;
      return all.rules ? path : bounding;
    },
  };
});

const SAMPLES = new URL('../../samples/', import.meta.url);
const bundles = readdirSync(SAMPLES).filter((name) => /^(virtio|vhost|vfio).*\.iotrace\.zip$/.test(name));

it.each(bundles)('%s: the same relation as with all of them', async (name) => {
  const { recording } = await openRecording(new URL(name, SAMPLES).pathname, undefined, () => undefined);
  const relationBy = (rules: boolean) => {
    all.rules = rules;
    const followed = followRecording(recording, {});
    if ('failure' in followed) return followed;
    const { method, ok, uncertaintyNs, offsetNs, interval } = followed.correlated.relation;
    return { method, ok, uncertaintyNs, offsetNs, interval };
  };
  expect(relationBy(false)).toEqual(relationBy(true));
});

it('leaves out what lies between, and nothing where no interrupt was recorded', async () => {
  const { boundingPath } = await vi.importActual<{
    boundingPath: typeof import('../../src/correlate/bounding-rules.ts').boundingPath;
  }>('../../src/correlate/bounding-rules.ts');
  const pointsOf = (...events: string[]) => {
    const host = { count: (event: string) => (events.includes(event) ? 1 : 0) } as unknown as Occurrences;
    return new Set(boundingPath(virtioBlkIothread, host).rules.map(({ point }) => point));
  };
  const whole = pointsOf('sys_enter_io_submit', 'irqfd_wakeup');
  for (const point of ['host:irq', 'host:aio-notify', 'backend:complete-read'] as const)
    expect(whole).not.toContain(point);
  for (const point of ['host:issue', 'host:complete', 'kvm:irqfd', 'kvm:exit'] as const)
    expect(whole).toContain(point);
  expect(pointsOf('sys_enter_io_submit')).toContain('backend:complete-read');
  expect(all.left).toBeGreaterThan(0);
});
