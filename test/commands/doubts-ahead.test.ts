/** Another thread finds what a search here finds; one that fails, or has not begun, is not waited for. */
import { beforeEach, expect, it, vi } from 'vitest';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { doubtsAhead, SEARCH } from '../../src/commands/doubts-ahead.ts';
import { searchDoubts } from '../../src/trace/doubts.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';

// Counts the searches of this thread; the other one runs what was built.
vi.mock('../../src/trace/doubts.ts', async (original) => {
  const doubts = await original<typeof import('../../src/trace/doubts.ts')>();
  return { ...doubts, searchDoubts: vi.fn(doubts.searchDoubts) };
});
beforeEach(() => {
  vi.mocked(searchDoubts).mockClear();
});

/** A task that reads again and again; some returns, and some entries, are missing. */
function text(): string {
  const lines: string[] = [];
  for (let at = 0; at < 2000; at++) {
    const stamp = (us: number) => `  1.${String(at * 20 + us).padStart(6, '0')}`;
    const line = (us: number, event: string) =>
      `             qd1-151     [000] d.h1. ${stamp(us)}: ${event}\n`;
    if (at % 97 !== 5) lines.push(line(1, 'sys_read(fd: 3, buf: 7ffd, count: 1000)'));
    if (at % 131 !== 7) lines.push(line(9, 'sys_read -> 0x1000'));
  }
  return lines.join('');
}

async function machines() {
  const builder = new EventTableBuilder();
  await ftraceText.parse(
    (async function* () {
      yield Buffer.from(text());
    })(),
    builder,
  );
  const trouble = { reported: [], skewed: [], missingShare: 0.01, skips: false };
  return new Map([['host', { table: builder.build().events, trouble }]]);
}

const newState = () => new Int32Array(new SharedArrayBuffer(4));

it('is done by the thread when that has begun', async () => {
  const tables = await machines();
  const state = newState();
  const result = doubtsAhead(tables, { leastRows: 0, state });
  await vi.waitUntil(() => Atomics.load(state, 0) !== 0, { timeout: 60_000 });
  const found = result();
  expect(searchDoubts).not.toHaveBeenCalled();
  expect(found.get('host')!.found.length).toBeGreaterThan(30);
  expect(found).toEqual(searchDoubts(tables));
});

it('is done here when the thread has not begun, or cannot', async () => {
  const tables = await machines();
  const missing = new URL('./no-such-file.js', import.meta.url);
  const found = [
    doubtsAhead(tables, { leastRows: 0 })(),
    doubtsAhead(tables, { leastRows: 0, entry: missing })(),
    doubtsAhead(tables)(),
  ];
  expect(searchDoubts).toHaveBeenCalledTimes(3);
  for (const each of found) expect(each).toEqual(found[0]);
});

it('is done here when the search of the thread has failed', async () => {
  const tables = await machines();
  const broken = new Map([...tables].map(([name, each]) => [name, { ...each, trouble: undefined as never }]));
  const state = newState();
  const result = doubtsAhead(broken, { leastRows: 0, state });
  await vi.waitUntil(() => Atomics.load(state, 0) === SEARCH.over, { timeout: 60_000 });
  expect(result).toThrow(TypeError);
});
