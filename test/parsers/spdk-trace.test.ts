import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIRECTION, packRequest } from '../../parsers/event-kinds.ts';
import { spdkTrace, spdkTraceOfBlocks } from '../../parsers/spdk-trace.ts';
import { parseAll } from './row-sink.ts';

const recorded = readFileSync(new URL('../fixtures/spdk-trace/nvme.json', import.meta.url), 'utf8');

describe('spdk_trace, recorded', () => {
  it('reads the entries of the bdev and nvme layers', async () => {
    const { rows, rejects, report } = await parseAll(spdkTrace, recorded);
    expect(rejects).toEqual([]);
    expect(report).toEqual({ unit: 'ticks', roundingNs: 0, clock: 'x86-tsc', records: 16, unused: 2 });
    const chain = [
      ...['BDEV_IO_START', 'BDEV_NVME_IO_START', 'NVME_PCIE_SUBMIT'],
      ...['NVME_PCIE_COMPLETE', 'BDEV_NVME_IO_DONE', 'BDEV_IO_DONE'],
    ];
    expect(rows.map(({ name }) => name)).toEqual([
      'NVME_PCIE_SUBMIT',
      'NVME_PCIE_COMPLETE',
      ...chain,
      ...chain,
    ]);
  });

  it('gives every row of a request its sector, and admin commands none', async () => {
    const { rows } = await parseAll(spdkTrace, recorded);
    expect(rows.map(({ tag }) => tag)).toEqual([
      ...[Number.NaN, Number.NaN],
      ...Array(6).fill(142136),
      ...Array(6).fill(73264),
    ]);
    expect(rows[2]).toMatchObject({ cpu: 3, tid: 0, dev: 0, aux: packRequest(8, DIRECTION.read) });
    expect(rows[0]).toMatchObject({ aux: 191, sec: 1883, nsec: 956321700 });
  });

  it('gives the same rows for chunks of any size', async () => {
    const whole = await parseAll(spdkTrace, recorded, 1 << 20);
    expect((await parseAll(spdkTrace, recorded, 3)).rows).toEqual(whole.rows);
  });

  it('counts in the blocks of the bdev', async () => {
    const { rows } = await parseAll(spdkTraceOfBlocks(4096), recorded);
    expect(rows[2]).toMatchObject({ tag: 142136 * 8, aux: packRequest(64, DIRECTION.read) });
    expect(() => spdkTraceOfBlocks(520)).toThrow(RangeError);
  });

  it('is recognised by its first member', () => {
    const sniff = (text: string) => spdkTrace.sniff(new TextEncoder().encode(text));
    expect(sniff(recorded)).toBe(true);
    expect(sniff('{"type": "map", "data": {}}')).toBe(false);
  });
});

describe('spdk_trace, damaged (synthetic)', () => {
  const document = (entries: string) =>
    `{"tsc_rate":1,"tpoints":[{"name":"BDEV_IO_START","id":1,"args":[{"name":"offset"}]},{"name":"BDEV_IO_DONE","id":2,"args":[]},{"name":"BDEV_NVME_IO_START","id":3,"args":[]}],"entries":[${entries}]}`;

  it('names what it cannot use and goes on', async () => {
    const { rows, rejects } = await parseAll(
      spdkTrace,
      document(
        [
          '{"lcore":1,"tpoint":1,"tsc":5,"object":{"id":"i0"},"args":[]}',
          '{"lcore":1,"tpoint":9,"tsc":5,"args":[]}',
          '{"lcore":-1,"tpoint":1,"tsc":5,"args":[8]}',
          '{"lcore":1,"tpoint":1,"args":[8]}',
          '{"lcore":1,"tpoint":3,"tsc":5,"object":{"id":"N9"},"related":"i9","args":[]}',
          '{"lcore":1,"tpoint":1,"tsc":18446744073709551615,"size":8,"object":{"id":"i1"},"args":[16]}',
          '{"lcore":1,"tpoint":2,"tsc":7,"object":{"id":"i1"},"args":[]}',
          '{"lcore":1,"tpoint":2,"tsc":8,"object":{"id":"i1"},"args":[]}',
        ].join(','),
      ),
    );
    expect(rejects.map(({ reason }) => reason)).toEqual([
      'BDEV_IO_START without an offset: an old SPDK',
      'an entry of a tracepoint that the document does not name',
      'an entry without lcore, tpoint or tsc',
      'an entry without lcore, tpoint or tsc',
    ]);
    expect(rows.map(({ name, sec, nsec, tag }) => [name, sec, nsec, tag])).toEqual([
      ['BDEV_NVME_IO_START', 0, 5, Number.NaN],
      ['BDEV_IO_START', 18446744073, 709551615, 16],
      ['BDEV_IO_DONE', 0, 7, 16],
      ['BDEV_IO_DONE', 0, 8, Number.NaN], // the object was used up: not the same request
    ]);
  });

  it('keeps what stands before a cut', async () => {
    const { rows, rejects } = await parseAll(spdkTrace, recorded.slice(0, -200));
    expect(rows.length).toBeGreaterThan(8);
    expect(rejects.map(({ reason }) => reason)).toEqual(['JSON ends in the middle']);
  });
});
