/** A stream that was looked at in slices, as a whole. Its rows and slices are drawn. */
import { describe, expect, it } from 'vitest';
import { StreamSum, type StreamWhole } from '../../src/report/stream-sum.ts';
import { streamTrust } from '../../src/report/stream-trust.ts';
import { type CheckedSource, checkIntegrity, type Integrity } from '../../src/trace/integrity.ts';
import type { Source } from '../../src/trace/recording.ts';
import { traceFromDiagram } from '../support/trace-diagram.ts';

const LANES = `
request A read 800+8
lane task host cpu0 "IO io0"-910
lane vcpu host cpu1 "CPU 0/KVM"-912
lane idle host cpu2 <idle>-0
 µs | task | vcpu | idle
`;
/** Rows of the host: a number of µs, and a cell for each lane. */
const rows = (...lines: readonly string[]) => traceFromDiagram(`${LANES}${lines.join('\n')}`).host!;
const QUIET = rows('1 | eventfd_read 7 | |', '2 | eventfd_read 8 | |');

const SOURCE: Source = {
  name: 'host.trace',
  machine: 'host',
  format: 'trace-cmd report',
  clock: 'x86-tsc',
  unit: 'ns',
  roundingNs: 0,
  events: QUIET,
  records: 2,
  unused: 0,
  claimed: undefined,
  overwritten: undefined,
  rejects: [],
  losses: [],
};

function slice(source: Partial<Source>, integrity: Partial<Integrity> = {}): CheckedSource {
  const own = { ...SOURCE, ...source };
  const sound = { missing: 0, duplicates: 0, repeats: undefined, outOfOrder: 0, skewed: [] };
  return { source: { ...own, records: own.events.length }, integrity: { ...sound, ...integrity } };
}

const WHOLE: StreamWhole = { records: 6, unused: 3, claimed: undefined, overwritten: undefined, rejects: [] };

function whole(slices: readonly CheckedSource[], total: Partial<StreamWhole> = {}) {
  const sum = new StreamSum();
  for (const each of slices) sum.add(each);
  return sum.whole({ ...WHOLE, ...total });
}

describe('a stream in slices', () => {
  it('has the rows, doubles and steps back of all of them', () => {
    const { events, integrity, source } = whole([
      slice({}, { duplicates: 1, outOfOrder: 4 }),
      slice({}, {}),
      slice({}, { duplicates: 2, outOfOrder: 1 }),
    ]);
    expect([events, integrity.duplicates, integrity.outOfOrder]).toEqual([6, 3, 5]);
    expect([source.name, source.format, source.records, source.unused]).toEqual([
      'host.trace',
      'trace-cmd report',
      6,
      3,
    ]);
  });

  it('has the losses of all of them', () => {
    const loss = (cpu: number, count: number | undefined) => ({ cpu, count, row: 1 });
    const sum = new StreamSum();
    sum.add(slice({ losses: [loss(0, 5), loss(1, undefined)] }));
    sum.add(slice({ losses: [loss(0, 7)] }));
    const losses = [loss(0, 5), loss(1, undefined), loss(0, 7)];
    expect(sum.losses).toEqual(losses);
    expect(sum.whole(WHOLE).source.losses).toEqual(losses);
  });

  it('misses what it says it holds and does not, as a whole', () => {
    // What a slice says of that is of the whole stream already.
    const slices = [slice({ claimed: 9 }, { missing: 7 }), slice({ claimed: 9 }, { missing: 7 })];
    const { integrity, source } = whole(slices, { claimed: 9, overwritten: 4 });
    expect(integrity.missing).toBe(3);
    expect([source.claimed, source.overwritten]).toEqual([9, 4]);
    expect(whole(slices).integrity.missing).toBe(0);
  });

  it('holds more than once what it holds too much of', () => {
    const slices = [slice({}, { duplicates: 1 }), slice({}, { duplicates: 1 }), slice({})];
    expect(whole(slices, { claimed: 1 }).integrity.duplicates).toBe(5);
    expect(whole(slices, { claimed: 5 }).integrity.duplicates).toBe(2);
    // Rounded rows are equal without being the same event.
    const rounded = slices.map(({ source, integrity }) => ({
      source: { ...source, roundingNs: 500 },
      integrity,
    }));
    expect(whole(rounded, { claimed: 5 }).integrity.duplicates).toBe(1);
  });

  it('has the rejects of the whole, which slices may name each', () => {
    const reject = (count: number) => ({ reason: 'no time', count, firstOffset: 90, firstLine: 4 });
    const slices = [slice({ rejects: [reject(3)] }), slice({ rejects: [reject(8)] })];
    expect(whole(slices, { rejects: [reject(8)] }).source.rejects).toEqual([reject(8)]);
  });
});

describe('what is known of a stream in slices', () => {
  it('is what any of them holds', () => {
    const exits = rows('1 | | kvm_exit hlt |');
    const completions = rows('1 | block_rq_complete A | |');
    const idle = rows('1 | | | irq_handler_entry 45 nvme0q4');
    const none = { guestExits: false, completions: false, idleTask: false };
    const holds = (...tables: readonly Source['events'][]) =>
      whole(tables.map((events) => slice({ events }))).holds;
    expect(holds(QUIET, QUIET)).toEqual(none);
    expect(holds(QUIET, exits)).toEqual({ ...none, guestExits: true });
    expect(holds(completions, QUIET)).toEqual({ ...none, completions: true });
    expect(holds(QUIET, idle, QUIET)).toEqual({ ...none, idleTask: true });
  });

  it('is how far CPUs’ clocks are off where that shows most', () => {
    const { integrity } = whole([
      slice({}, { skewed: [{ cpus: [0, 1], atLeast: 300 }] }),
      slice({}, { skewed: [{ cpus: [0, 1], atLeast: 900 }] }),
      slice(
        {},
        {
          skewed: [
            { cpus: [0, 1], atLeast: 20 },
            { cpus: [1, 2], atLeast: 5 },
          ],
        },
      ),
    ]);
    expect(integrity.skewed).toEqual([
      { cpus: [0, 1], atLeast: 900 },
      { cpus: [1, 2], atLeast: 5 },
    ]);
  });

  it('is what would be known had it been read at once', () => {
    const lines = [1, 2, 2, 3, 5, 4, 6, 7].map((us) => `${us} | eventfd_read ${us} | |`);
    const { length } = rows(...lines);
    // A drawing is in order of time; this file is not.
    const shuffled = (from: number, to: number) => {
      const table = rows(...lines.slice(from, to));
      const tag = Float64Array.from(lines.slice(from, to), (line) => Number(line[0]));
      return { ...table, ts: tag.map((us) => us * 1000), tag };
    };
    const read = (from: number, to: number) => {
      const source = { ...SOURCE, events: shuffled(from, to), records: to - from, claimed: length };
      return { source, integrity: checkIntegrity(source) };
    };
    const atOnce = streamTrust(read(0, length));
    expect([atOnce.integrity.duplicates, atOnce.integrity.outOfOrder]).toEqual([1, 1]);
    expect(whole([read(0, 4), read(4, length)], { ...atOnce.source })).toEqual(atOnce);
  });
});
