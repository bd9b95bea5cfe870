/** A stream read bit by bit: no more than is wanted, nothing missing, and an end whoever ends it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { readSource } from '../../src/commands/read-source.ts';
import type { Source } from '../../src/trace/recording.ts';
import { chunksOf, sliced, traceLine } from './drawn-streams.ts';
import { threadsInTurn } from './threads-in-turn.ts';

/** So many rows, one a microsecond from 5 s on; the vector counts up. */
const rows = (count: number) => Array.from({ length: count }, (_, i) => traceLine(5_000_000 + i, i));
const text = rows(400).join('');
const whole = (of: string | Uint8Array) =>
  readSource('guest.trace', 'guest', ftraceText, chunksOf(Buffer.from(of), 1 << 16));
const vectors = ({ events }: Source) => [...events.tag];
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Chunks that note how many were taken, and that they were ended. */
function watched(bytes: Uint8Array, size: number) {
  const seen = { taken: 0, ended: false };
  async function* chunks() {
    try {
      for await (const chunk of chunksOf(bytes, size)) {
        seen.taken++;
        yield chunk;
      }
    } finally {
      seen.ended = true;
    }
  }
  return { seen, chunks: chunks() };
}

describe('a sliced stream', () => {
  it('is read no further than is wanted', async () => {
    const { seen, chunks } = watched(Buffer.from(text), 500);
    const stream = await sliced(text, 'guest', { chunks });
    expect([seen.taken, stream.rows, stream.events, stream.epoch]).toEqual([0, 0, 'some', 5_000_000_000n]);
    await stream.fillRows(20);
    expect(stream.rows).toBeGreaterThanOrEqual(20);
    expect(stream.rows).toBeLessThan(30);
    const { taken } = seen;
    await stream.fillRows(20);
    expect(seen.taken).toBe(taken);
    await stream.fillTo(100_000);
    expect(stream.lastTime).toBeGreaterThan(100_000);
    expect(stream.lastTime).toBeLessThan(115_000);
    expect([...stream.peek(8000).events.ts].slice(0, 8)).toEqual([
      0, 1000, 2000, 3000, 4000, 5000, 6000, 7000,
    ]);
    expect(stream.ended).toBe(false);
    await stream.close();
  });

  it('is taken in slices that overlap', async () => {
    const stream = await sliced(text);
    await stream.fillTo(60_000);
    expect(vectors(stream.peek(50_000))).toEqual(range(0, 50));
    expect(vectors(stream.cut(50_000, 40_000))).toEqual(range(0, 50));
    expect(stream.peek(Infinity).events.ts[0]).toBe(40_000);
    await stream.fillRows(1e6);
    expect(stream.ended).toBe(true);
    const last = stream.cut(Infinity, Infinity);
    expect(vectors(last)).toEqual(range(40, 400));
    expect([last.records, last.unused, last.unit, last.roundingNs]).toEqual([360, 0, 'ns', 500]);
    expect([stream.rows, stream.late, stream.agrees]).toEqual([0, 0, true]);
    await stream.close();
  });

  it.each(['guest-tsc.trace', 'host-mono.trace'])('adds up to the whole of %s', async (name) => {
    const bytes = readFileSync(new URL(`../fixtures/ftrace/${name}`, import.meta.url));
    const source = await whole(bytes);
    const stream = await sliced(bytes);
    await stream.fillRows(Math.floor(source.events.length / 3));
    const first = stream.cut(stream.lastTime, stream.lastTime);
    await stream.fillRows(1e6);
    const second = stream.cut(Infinity, Infinity);
    for (const column of ['ts', 'kind', 'cpu', 'tid', 'dev', 'tag', 'aux'] as const)
      expect([...first.events[column], ...second.events[column]]).toEqual([...source.events[column]]);
    for (const part of [first, second])
      expect([part.clock, part.unit, part.roundingNs, part.format]).toEqual([
        source.clock,
        source.unit,
        source.roundingNs,
        source.format,
      ]);
    const { records, unused, claimed, overwritten, rejects } = await stream.rest();
    expect({ records, unused, claimed, overwritten, rejects }).toEqual({
      records: source.records,
      unused: source.unused,
      claimed: source.claimed,
      overwritten: source.overwritten,
      rejects: source.rejects,
    });
    await stream.close();
  });

  it('counts a row that comes after the slice that should have it', async () => {
    const late = [...rows(200), traceLine(5_000_030, 999), ...rows(300).slice(200)].join('');
    const stream = await sliced(late);
    await stream.fillTo(60_000);
    stream.cut(50_000, 40_000);
    expect(stream.late).toBe(0);
    await stream.fillRows(1e6);
    expect(stream.late).toBe(1);
    await stream.close();
  });

  it('has losses where they were', async () => {
    const lossy = [...rows(100), 'CPU:0 [LOST 12 EVENTS]\n', ...rows(400).slice(100)].join('');
    const stream = await sliced(lossy);
    await stream.fillTo(90_000);
    expect(stream.cut(80_000, 70_000).losses).toEqual([]);
    await stream.fillTo(300_000);
    expect(stream.cut(200_000, 190_000).losses).toEqual([{ cpu: 0, count: 12, row: 30 }]);
    await stream.fillRows(1e6);
    expect(stream.cut(Infinity, Infinity).losses).toEqual([]);
    await stream.close();
  });

  it('says when its end makes another stream of it', async () => {
    const ticks = Array.from({ length: 900 }, (_, i) =>
      traceLine(0, i).replace('0.000000', `${1000 + i * 9}`),
    );
    const counts = Array.from({ length: 9000 }, (_, i) => traceLine(0, i).replace('0.000000', `${9100 + i}`));
    const stream = await sliced([...ticks, ...counts].join(''));
    await stream.fillRows(100);
    expect(stream.cut(500, 500)).toMatchObject({ unit: 'ticks', clock: 'x86-tsc' });
    expect(stream.agrees).toBe(true);
    await stream.fillRows(1e6);
    expect([stream.agrees, stream.clock]).toEqual([false, 'unknown']);
    await stream.close();
  });

  it('takes the clock that was noted where it says none', async () => {
    const stream = await sliced(text, 'guest', { clock: 'mono' });
    expect([stream.clock, stream.peek(0).clock]).toEqual(['mono', 'mono']);
    await stream.close();
  });

  it('tells of no event only where its beginning is all of it', async () => {
    const notes = '# tracer: nop\n#\n';
    const none = await sliced(notes);
    const unknown = await sliced(notes + text, 'guest', { head: Buffer.from(notes) });
    expect([none.events, unknown.events]).toEqual(['none', 'unknown']);
    await Promise.all([none.close(), unknown.close()]);
  });

  it('is read by threads where it is large', async () => {
    let closed = 0;
    const close = async () => {
      closed++;
    };
    const large = rows(3000).join('');
    const threads = { ...threadsInTurn(2, 4000), close };
    const bytes = 1 << 27;
    const stream = await sliced(large, 'guest', { threads, bytes });
    await stream.fillRows(1000);
    expect(stream.ended).toBe(false);
    const first = stream.cut(900_000, 900_000);
    await stream.fillRows(1e6);
    const second = stream.cut(Infinity, Infinity);
    expect([...vectors(first), ...vectors(second)]).toEqual(range(0, 3000));
    await stream.close();
    expect(closed).toBe(1);
  });
});

describe('the end of a sliced stream', () => {
  async function* failing() {
    yield Buffer.from(rows(10).join(''));
    throw new Error('the disk is gone');
  }

  it('a failure of reading fails who waits, and who asks again', async () => {
    const stream = await sliced(text, 'guest', { chunks: failing() });
    await stream.fillRows(5);
    await expect(stream.fillRows(50)).rejects.toThrow('the disk is gone');
    await expect(stream.fillTo(1)).rejects.toThrow('the disk is gone');
    await expect(stream.rest()).rejects.toThrow('the disk is gone');
    await stream.close();
  });

  it('closed early, nothing is read any more', async () => {
    const { seen, chunks } = watched(Buffer.from(text), 500);
    const stream = await sliced(text, 'guest', { chunks });
    await stream.fillRows(20);
    await expect(stream.rest()).rejects.toThrow('not read to its end');
    const { taken } = seen;
    await stream.close();
    expect(seen).toEqual({ taken, ended: true });
    await expect(stream.fillRows(100)).rejects.toThrow('closed');
  });

  it('closed before anything was read', async () => {
    const stream = await sliced(text);
    await stream.close();
    expect(stream.rows).toBe(0);
  });

  it('closed while it is filled', async () => {
    const stream = await sliced(text);
    const filled = stream.fillRows(1e6);
    await Promise.all([expect(filled).rejects.toThrow('closed'), stream.close()]);
  });
});
