/** Rows of CPUs' buffers that are emptied in rounds go into the table in order of time, each loss beside its CPU's rows. */
import { describe, expect, it } from 'vitest';
import { privateColumns } from '../../src/trace/columns.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { reportedGaps } from '../../src/trace/gaps.ts';
import { RoundSink } from '../../src/trace/round-sink.ts';
import { randomFrom } from '../support/damage.ts';

/** `[cpu, ns]`, what was lost on a CPU, or the end of a round. */
type Step = readonly [number, number] | { readonly lost: number } | 'round';

type Event = Parameters<RoundSink['event']>;

/** The table of some steps, and how many of its rows there were before the sink was finished. */
function tableOf(steps: readonly Step[], asBatches = false) {
  const builder = new EventTableBuilder();
  const sink = new RoundSink(builder);
  let held: Event[] = [];
  const handOver = () => {
    if (held.length > 0) sendBatch(sink, held);
    held = [];
  };
  for (const step of steps) {
    if (step === 'round' || 'lost' in step) handOver();
    if (step === 'round') sink.round();
    else if ('lost' in step) sink.lost(step.lost, 7);
    else {
      const event: Event = [1, 5, step[1], step[0], 100 + step[0], 0, step[1], 0];
      if (asBatches) held.push(event);
      else sink.event(...event);
    }
  }
  handOver();
  const { rows } = builder;
  sink.finish();
  return { ...builder.build(), handedOn: rows };
}

/** Hands events over at once, with times after the second before theirs. */
function sendBatch(sink: RoundSink, events: readonly Event[]): void {
  const columns = privateColumns(events.length + 3);
  for (const [row, [kind, sec, nsec, cpu, tid, dev, tag, aux]] of events.entries()) {
    columns.ts[row] = (sec - 4) * 1e9 + nsec - 7;
    columns.kind[row] = kind;
    columns.cpu[row] = cpu;
    columns.tid[row] = tid;
    columns.dev[row] = dev;
    columns.tag[row] = tag;
    columns.aux[row] = aux;
  }
  sink.batch(columns, events.length, 4, 7);
}

/** All of a table; whatever its times are counted from. */
function contentOf({ events, losses, handedOn }: ReturnType<typeof tableOf>) {
  const { ts, kind, cpu, tid, dev, tag, aux, epoch } = events;
  const times = Array.from(ts, (ns) => epoch + BigInt(ns));
  return { times, kind, cpu, tid, dev, tag, aux, losses, handedOn };
}

const timesOf = ({ events }: ReturnType<typeof tableOf>) => [...events.tag];

describe('rounds', () => {
  it('are merged, and rows go on as soon as nothing earlier can come', () => {
    const table = tableOf([
      [0, 1],
      [0, 4],
      [1, 2],
      'round',
      [0, 7],
      [1, 3],
      [1, 9],
      'round',
      [0, 8],
      [1, 11],
      'round',
    ]);
    expect(timesOf(table)).toEqual([1, 2, 3, 4, 7, 8, 9, 11]);
    // Up to the end of the second round, which the third shows to be over.
    expect(table.handedOn).toBe(7);
  });

  it('keep rows of one time in the order of the file', () => {
    const { events } = tableOf([[1, 5], [1, 6], [0, 5], 'round', [0, 6], 'round', 'round']);
    expect([...events.cpu]).toEqual([1, 0, 1, 0]);
  });

  it('lose no row that comes later than a round says', () => {
    const table = tableOf([[0, 10], 'round', [0, 20], 'round', [1, 5], [0, 30], 'round', [1, 15], 'round']);
    expect(timesOf(table).toSorted((a, b) => a - b)).toEqual([5, 10, 15, 20, 30]);
  });

  it('may be missing', () => {
    expect(
      timesOf(
        tableOf([
          [0, 3],
          [0, 9],
          [1, 1],
          [1, 4],
        ]),
      ),
    ).toEqual([1, 3, 4, 9]);
  });

  it('give every row, however the buffers are filled', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = randomFrom(seed);
      const steps: Step[] = [];
      const all: number[] = [];
      let began = 0;
      for (let round = 0; round < 6; round++) {
        const ended = began + 20 + Math.floor(random() * 50);
        for (let cpu = 0; cpu < 3; cpu++) {
          // A CPU's buffer is read a little later than the one before; sometimes its stamps are off.
          const off = random() < 0.1 ? -30 : 0;
          const times = Array.from({ length: Math.floor(random() * 8) }, () =>
            Math.max(0, Math.floor(began + random() * (ended + cpu - began)) + off),
          ).sort((a, b) => a - b);
          all.push(...times);
          steps.push(...times.map((ns): Step => [cpu, ns]));
          if (random() < 0.1) steps.push({ lost: cpu });
        }
        steps.push('round');
        began = ended;
      }
      expect(contentOf(tableOf(steps, true))).toEqual(contentOf(tableOf(steps)));
      expect(timesOf(tableOf(steps)).toSorted((a, b) => a - b)).toEqual(all.sort((a, b) => a - b));
    }
  });
});

describe('losses', () => {
  it('lie between the rows of their CPU between which they were told', () => {
    const { events, losses } = tableOf([
      [0, 1],
      [0, 8],
      { lost: 0 },
      [1, 2],
      { lost: 1 },
      [1, 9],
      'round',
      [0, 30],
      [1, 12],
      'round',
      [1, 40],
      'round',
    ]);
    expect(reportedGaps(events, losses).map(({ cpu, from, to }) => [cpu, from, to])).toEqual([
      [1, 1, 8],
      [0, 7, 29],
    ]);
  });

  it('before the first row of a CPU stand at the beginning', () => {
    const { losses } = tableOf([[0, 1], { lost: 1 }, [1, 2], 'round', 'round']);
    expect(losses).toEqual([{ cpu: 1, count: 7, row: 0 }]);
  });
});
