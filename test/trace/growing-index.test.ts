/** An index that was made while its table grew is that of the finished table; none is made of rows that are out of order. */
import { describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { GrowingIndex } from '../../src/trace/growing-index.ts';
import { indexOccurrences, knownIndex } from '../../src/trace/occurrences.ts';
import { randomFrom } from '../support/damage.ts';

const ROWS = 30_000;

/** A table of a few kinds, one of them rare, that an index was told of now and then; `late`: one row is earlier than the one before. */
function grown(seed: number, late = false) {
  const random = randomFrom(seed);
  const builder = new EventTableBuilder();
  const index = new GrowingIndex();
  const kinds = [1, 2, 3, 40].map((at) => EVENT_KINDS[at]!.id);
  for (let row = 0; row < ROWS; row++) {
    const kind = random() < 0.001 ? kinds[3]! : kinds[Math.floor(random() * 3)]!;
    const back = late && row === ROWS - 1000 ? 1000 : 0;
    builder.event(kind, 5, row * 10 - back, row % 4, Math.floor(random() * 100), 0, row, 0);
    if (random() < 0.001) index.add(builder, row / ROWS);
  }
  const { events } = builder.build();
  index.finish(events);
  return events;
}

describe('while the table grows', () => {
  it.each([1, 2, 3, 4])('what is laid out is what is laid out afterwards (%i)', (seed) => {
    const events = grown(seed);
    expect(knownIndex(events)).toBeDefined();
    const early = indexOccurrences(events);
    // A copy, of which nothing is known.
    const later = indexOccurrences({ ...events, ts: events.ts.slice() });
    for (const { name } of EVENT_KINDS) {
      expect(early.count(name)).toBe(later.count(name));
      for (const column of ['rows', 'ts', 'tid', 'cpu', 'tag'] as const)
        expect(Array.from(early.of(name)[column]), name).toEqual(Array.from(later.of(name)[column]));
    }
    expect(EVENT_KINDS.filter(({ name }) => early.count(name) > 0)).toHaveLength(4);
  });

  it('rows out of order are not', () => {
    const events = grown(5, true);
    expect(knownIndex(events)).toBeUndefined();
    const kept = EVENT_KINDS.reduce((sum, { name }) => sum + indexOccurrences(events).count(name), 0);
    expect(kept).toBe(ROWS);
  });
});
