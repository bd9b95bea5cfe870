/** Recordings of one configuration by different tracers tell the same of it: path, variants, order of points. */
import { describe, expect, it } from 'vitest';
import { reportBundle } from '../src/commands/report.ts';
import type { ReportModel } from '../src/report/report-model.ts';

/** Samples by configuration: what QEMU was told is the same in a group, the tracer is not. */
const GROUPS = [
  {
    configuration: 'an IOThread that does not poll (poll-max-ns=0)',
    samples: ['virtio-blk-iothread', 'virtio-blk-iothread-perf', 'virtio-blk-iothread-bpftrace-maps'],
  },
  {
    configuration: 'an IOThread with QEMU’s default polling',
    samples: ['virtio-blk-iothread-x86-tsc', 'virtio-blk-iothread-bpftrace'],
  },
] as const;

async function reportOf(sample: string): Promise<ReportModel> {
  const file = new URL(`../samples/${sample}.iotrace.zip`, import.meta.url).pathname;
  const options = { format: 'json', minGrade: 'F', color: false, width: 79 } as const;
  return JSON.parse((await reportBundle(file, options, () => {})).text) as ReportModel;
}

interface Step {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The points passed, first to last: from each on by the stage that has least merged into it. A variant of requests of which
 * some lost a point has both the stages and their merger.
 */
function pointsOf(steps: readonly Step[]): string[] {
  const points = [steps[0]!.from];
  const merged = ({ id }: Step) => id.split('+').length;
  for (let at: string | undefined = points[0]; at !== undefined; ) {
    const next = steps.filter(({ from }) => from === at).sort((a, b) => merged(a) - merged(b))[0];
    at = next?.to;
    if (at !== undefined) points.push(at);
  }
  return points;
}

/** That chains agree on the order of the points they share; how many these are. */
function expectOneOrder(chains: readonly (readonly string[])[], name: string): number {
  const orders = chains.map((chain) => chain.filter((point) => chains.every((each) => each.includes(point))));
  for (const order of orders) expect(order, name).toEqual(orders[0]);
  return orders[0]!.length;
}

describe.each(GROUPS)('$configuration', { timeout: 120_000 }, ({ samples }) => {
  it(`is the same path, with the same variants, to ${samples.join(', ')}`, async () => {
    const reports = await Promise.all(samples.map(reportOf));
    const [first, ...others] = reports.map(({ path, variants }) => ({
      path: path.name,
      variants: variants.map(({ name }) => name).sort(),
    }));
    for (const other of others) expect(other).toEqual(first);
  });

  it('passes the points that all tracers recorded in one order, variant by variant', async () => {
    const reports = await Promise.all(samples.map(reportOf));
    const names = [...new Set(reports.flatMap(({ variants }) => variants.map(({ name }) => name)))];
    for (const name of names) {
      const chains = reports.map(({ variants }) =>
        pointsOf(variants.find((each) => each.name === name)!.stages),
      );
      expect(expectOneOrder(chains, name)).toBeGreaterThan(10);
    }
  });
});

describe('nvme:// behind an IOThread, to the kernel’s tracer and to QEMU’s own log', {
  timeout: 120_000,
}, () => {
  it('is the same path, and the points both know come in one order', async () => {
    const reports = await Promise.all(
      ['virtio-blk-userspace-nvme', 'virtio-blk-userspace-nvme-qemu-log'].map(reportOf),
    );
    expect(reports.map(({ path }) => path.name)).toEqual(Array(2).fill('virtio-blk-userspace-nvme'));
    expect(
      expectOneOrder(
        reports.map(({ stages }) => pointsOf(stages)),
        'all',
      ),
    ).toBeGreaterThan(5);
  });
});
