/** Times of slices on the machines' time lines, and a slice's own rows. The streams are drawn. */
import { describe, expect, it } from 'vitest';
import { SlicedRecording } from '../../src/commands/slice-recording.ts';
import { ownRows, SliceTimes } from '../../src/commands/slice-times.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';
import type { Source } from '../../src/trace/recording.ts';
import { sliced, traceLine } from './drawn-streams.ts';

const SECOND = 1e9;
/** Tables of a slice in the middle of the recording, which began at 5 s of the guest's clock and 2 s of the host's. */
const BEGINS = { guest: 5, host: 2 };
const TABLES = { guest: 35_000_000_500n, host: 32_000_000_300n };

const SLICE = { sources: [], overlap: 0 };

async function times(offsetAt: (hostNs: number) => number) {
  const recording = new SlicedRecording(
    [
      await sliced(traceLine(BEGINS.host * 1e6, 1), 'host'),
      await sliced(traceLine(BEGINS.guest * 1e6, 1), 'guest'),
    ],
    100,
    1,
  );
  const slice = {
    app: { table: { epoch: TABLES.guest } },
    host: { table: { epoch: TABLES.host } },
    relation: { offsetAt },
  } as unknown as Correlated;
  const known = new SliceTimes(recording, slice);
  await recording.close();
  return known;
}

/** A slice's time of a machine, for a time of its table. */
const sliceTime = (machine: 'guest' | 'host', time: number) =>
  time + Number(TABLES[machine]) - BEGINS[machine] * SECOND;

describe('times of slices', () => {
  it.each([
    ['an offset', 30_000_000, 0],
    ['a drift', 0, 40],
    ['both', -30_000_000, 40],
  ])('are the other machine’s to the ns, with %s', async (_, offset, ppm) => {
    const offsetAt = (host: number) => offset + host * ppm * 1e-6;
    const known = await times(offsetAt);
    for (const host of [-30 * SECOND, 0, 1, 123_456_789, 60 * SECOND]) {
      const found = known.otherOf(sliceTime('guest', host + offsetAt(host)));
      expect(Math.abs(found - sliceTime('host', host))).toBeLessThan(1);
    }
  });

  it('never go back where the leading machine’s go on', async () => {
    const known = await times((host) => 30_000 + host * 4e-5);
    const found = Array.from({ length: 100 }, (_, at) => known.otherOf(1e12 + at));
    expect(found.every((time, at) => at === 0 || time >= found[at - 1]!)).toBe(true);
  });

  it('stay infinite at the ends of the recording', async () => {
    const known = await times(() => 30_000);
    expect([known.otherOf(-Infinity), known.otherOf(Infinity)]).toEqual([-Infinity, Infinity]);
    expect(known.ownTime({ ...SLICE, from: -Infinity, to: Infinity })).toEqual({
      from: -Infinity,
      to: Infinity,
    });
  });

  it('are on the application’s time line what they are in the slice’s table', async () => {
    const known = await times(() => 30_000);
    const slice = { ...SLICE, from: sliceTime('guest', 0), to: sliceTime('guest', 7_000) };
    expect(known.ownTime(slice)).toEqual({ from: 0, to: 7_000 });
  });
});

/** A slice with a row each at 10, 20, … after its epoch, 1000 behind that of its machine, and a loss before each and the end. */
function drawn(unit: 'ns' | 'ticks', count = 6, ts = (row: number) => 10 * (row + 1)): Source {
  const column = <Column>(from: (values: number[]) => Column, of: (row: number) => number = () => 0) =>
    from(Array.from({ length: count }, (_, row) => of(row)));
  return {
    name: 'host.trace',
    unit,
    records: count,
    events: {
      length: count,
      ts: column((values) => Float64Array.from(values), ts),
      kind: column((values) => Uint8Array.from(values)),
      cpu: column((values) => Uint16Array.from(values)),
      tid: column((values) => Uint32Array.from(values)),
      dev: column((values) => Uint32Array.from(values)),
      tag: column(
        (values) => Float64Array.from(values),
        (row) => row,
      ),
      aux: column((values) => Int32Array.from(values)),
      epoch: 6000n,
      strings: [],
      tasks: new Map(),
    },
    losses: Array.from({ length: count + 1 }, (_, row) => ({ cpu: 0, count: 100 + row, row })),
  } as Partial<Source> as Source;
}

/** Which rows of a slice are its own, and which losses, with the row in front of which each is now. */
function own(source: Source, nsPerTick: number, from: number, to: number) {
  const { events, records, losses, name } = ownRows(source, 5000n, nsPerTick, { from, to });
  expect([records, events.ts.length, name]).toEqual([events.length, events.length, 'host.trace']);
  return { rows: [...events.tag], losses: losses.map(({ count, row }) => [count, row]) };
}

describe('a slice’s own rows', () => {
  it('are those from its begin up to its end, with the losses before them', () => {
    const { rows, losses } = own(drawn('ns'), 3, 1020, 1050);
    expect(rows).toEqual([1, 2, 3]);
    expect(losses).toEqual([
      [101, 0],
      [102, 1],
      [103, 2],
    ]);
  });

  it('are told by ns where the stream counts ticks', () => {
    // Its rows are at 505, 510, 515, 520 … ns.
    const { rows, losses } = own(drawn('ticks'), 0.5, 510.5, 520.5);
    expect(rows).toEqual([2, 3]);
    expect(losses).toEqual([
      [102, 0],
      [103, 1],
    ]);
  });

  it('are each in one of two slices that touch', () => {
    const [one, other] = [own(drawn('ns'), 1, -Infinity, 1030), own(drawn('ns'), 1, 1030, Infinity)];
    expect([...one.rows, ...other.rows]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...one.losses, ...other.losses].map(([count]) => count)).toEqual([
      100, 101, 102, 103, 104, 105, 106,
    ]);
  });

  it('have the loss behind the last row in the last slice alone', () => {
    expect(own(drawn('ns'), 1, 1050, Infinity).losses.at(-1)).toEqual([106, 2]);
    expect(own(drawn('ns'), 1, 1050, 2000).losses.at(-1)).toEqual([105, 1]);
  });

  it('are each in one slice where they are out of order', () => {
    const times = [10, 20, 5, 30, 25, 40];
    const source = drawn('ns', times.length, (row) => times[row]!);
    const borders = [-Infinity, 1015, 1030, Infinity];
    const parts = borders.slice(1).map((to, at) => own(source, 1, borders[at]!, to));
    expect(parts).toEqual([
      {
        rows: [0, 2],
        losses: [
          [100, 0],
          [102, 1],
        ],
      },
      {
        rows: [1, 4],
        losses: [
          [101, 0],
          [104, 1],
        ],
      },
      {
        rows: [3, 5],
        losses: [
          [103, 0],
          [105, 1],
          [106, 2],
        ],
      },
    ]);
  });

  it('are none of a slice that lies elsewhere', () => {
    expect(own(drawn('ns'), 1, 0, 1000)).toEqual({ rows: [], losses: [] });
    expect(own(drawn('ns'), 1, 3000, 4000)).toEqual({ rows: [], losses: [] });
  });
});
