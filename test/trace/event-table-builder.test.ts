/** What a builder hands out in parts is what it hands out whole, and stays as it was handed out. */
import { describe, expect, it } from 'vitest';
import { type BuiltTable, EventTableBuilder } from '../../src/trace/event-table-builder.ts';

const KIND = 3;

/** Adds the rows [from, to); every column of a row tells its number. */
function add(builder: EventTableBuilder, from: number, to: number): void {
  for (let row = from; row < to; row++)
    builder.event(KIND, 10, 500 + row, row % 7, row, row * 2, row * 3, -row);
}

function rowsOf({ events }: BuiltTable): number[][] {
  return Array.from({ length: events.length }, (_, row) => [
    events.ts[row]!,
    events.kind[row]!,
    events.cpu[row]!,
    events.tid[row]!,
    events.dev[row]!,
    events.tag[row]!,
    events.aux[row]!,
  ]);
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const expected = (from: number, to: number) =>
  range(from, to).map((row) => [row, KIND, row % 7, row, row * 2, row * 3, 0 - row]);

/** The same number, whichever zero. */
const plain = (rows: number[][]) => rows.map((row) => row.map((value) => value + 0));

describe('cut', () => {
  it('hands out the rows before one, and keeps those from another on', () => {
    const builder = new EventTableBuilder();
    add(builder, 0, 10);
    const first = builder.cut(6, 4);
    expect(builder.rows).toBe(6);
    add(builder, 10, 20);
    const second = builder.cut(12, 12);
    expect(builder.rows).toBe(4);
    add(builder, 20, 25);
    expect(plain(rowsOf(first))).toEqual(plain(expected(0, 6)));
    expect(plain(rowsOf(second))).toEqual(plain(expected(4, 16)));
    expect(plain(rowsOf(builder.build()))).toEqual(plain(expected(16, 25)));
  });

  it('copies none of the rows it hands out, and never writes to them again', () => {
    const builder = new EventTableBuilder();
    add(builder, 0, 10);
    const { buffer } = builder.times;
    const looked = builder.peek(5);
    const cut = builder.cut(8, 2);
    expect(looked.events.ts.buffer).toBe(buffer);
    expect(cut.events.ts.buffer).toBe(buffer);
    expect(builder.times.buffer).not.toBe(buffer);
    add(builder, 10, 100);
    expect(plain(rowsOf(looked))).toEqual(plain(expected(0, 5)));
    expect(plain(rowsOf(cut))).toEqual(plain(expected(0, 8)));
  });

  it('takes the memory of a table back only when that is allowed', () => {
    const builder = new EventTableBuilder();
    add(builder, 0, 10);
    const first = builder.cut(8, 8);
    add(builder, 10, 20);
    const second = builder.cut(10, 10);
    expect(second.events.ts.buffer).not.toBe(first.events.ts.buffer);
    add(builder, 20, 30);
    builder.takeBack();
    const third = builder.cut(10, 9);
    add(builder, 30, 40);
    const fourth = builder.build();
    expect(fourth.events.ts.buffer).toBe(second.events.ts.buffer);
    expect(plain(rowsOf(first))).toEqual(plain(expected(0, 8)));
    expect(plain(rowsOf(third))).toEqual(plain(expected(18, 28)));
    expect(plain(rowsOf(fourth))).toEqual(plain(expected(27, 40)));
  });

  it('counts times from the first row of the stream, also when no row is kept', () => {
    const builder = new EventTableBuilder();
    expect(builder.cut(0, 0).events.epoch).toBe(0n);
    add(builder, 0, 3);
    expect(builder.cut(3, 3).events.epoch).toBe(10_000_000_500n);
    expect(builder.rows).toBe(0);
    add(builder, 3, 6);
    const { events } = builder.build();
    expect([...events.ts]).toEqual([3, 4, 5]);
    expect(events.epoch).toBe(10_000_000_500n);
  });

  it('grows behind a cut as before it', () => {
    const builder = new EventTableBuilder();
    add(builder, 0, 70_000);
    const cut = builder.cut(70_000, 69_990);
    add(builder, 70_000, 300_000);
    expect(cut.events.length).toBe(70_000);
    expect([...builder.times]).toEqual(range(69_990, 300_000));
  });

  it('leaves a loss on each side it touches', () => {
    const builder = new EventTableBuilder();
    add(builder, 0, 2);
    builder.lost(0, 1);
    add(builder, 2, 5);
    builder.lost(1, 2);
    add(builder, 5, 8);
    builder.lost(2, 3);
    add(builder, 8, 9);
    expect(builder.cut(8, 5).losses).toEqual([
      { cpu: 0, count: 1, row: 2 },
      { cpu: 1, count: 2, row: 5 },
      { cpu: 2, count: 3, row: 8 },
    ]);
    builder.lost(3, 4);
    expect(builder.build().losses).toEqual([
      { cpu: 1, count: 2, row: 0 },
      { cpu: 2, count: 3, row: 3 },
      { cpu: 3, count: 4, row: 4 },
    ]);
  });

  it('has the strings and tasks of the stream, and leaves its rejects to the end', () => {
    const builder = new EventTableBuilder();
    const id = builder.string('virtio1-req.0');
    builder.task(7, 'fio', undefined);
    builder.reject('a reason', 1, 2);
    add(builder, 0, 3);
    const { events, rejects } = builder.cut(3, 3);
    expect([events.strings[id], events.tasks.get(7)?.comm, rejects]).toEqual(['virtio1-req.0', 'fio', []]);
    expect(builder.string('virtio1-req.0')).toBe(id);
    expect(builder.build().rejects).toEqual([{ reason: 'a reason', count: 1, firstOffset: 1, firstLine: 2 }]);
  });
});
