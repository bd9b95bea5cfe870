/** Another thread finds what searches here find; one that fails, or has not begun, is not waited for. */
import { beforeEach, expect, it, vi } from 'vitest';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import {
  NAMES,
  newState,
  PROGRESS,
  searchAhead,
  searchClocksAhead,
} from '../../src/commands/search-ahead.ts';
import { searchMachines } from '../../src/correlate/clocks-by-messages.ts';
import { inPackage } from '../../src/package-root.ts';
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
  return new Map([['host' as const, { table: builder.build().events, trouble }]]);
}

/** Waits until the thread has come so far with its last search, which is that for what is missing. */
const lastIs = (state: Int32Array, least: number) =>
  vi.waitUntil(() => Atomics.load(state, NAMES.indexOf('doubts')) >= least, { timeout: 60_000 });

it('is done by the thread when that has begun', async () => {
  const tables = await machines();
  const state = newState();
  const ahead = searchAhead(tables, {}, { leastRows: 0, cpus: 2, state });
  await lastIs(state, PROGRESS.begun);
  // In the other order than the thread's.
  const found = ahead.doubts();
  const clocks = ahead.clocks();
  expect(searchDoubts).not.toHaveBeenCalled();
  expect(found.get('host')!.found.length).toBeGreaterThan(30);
  expect(found).toEqual(searchDoubts(tables));
  expect(clocks).toEqual(searchMachines(tables, {}));
});

it('is done here when the thread has not begun, or cannot', async () => {
  const tables = await machines();
  // A thread stays once it has begun: none runs these entries yet.
  const unused = inPackage('dist/src/commands/search-thread.js?unused');
  const missing = new URL('./no-such-file.js', import.meta.url);
  const entries = [unused, missing].map((entry) => ({ leastRows: 0, cpus: 2, entry }));
  const all = [...entries, {}].map((options) => {
    const ahead = searchAhead(tables, {}, options);
    return { clocks: ahead.clocks(), doubts: ahead.doubts() };
  });
  expect(searchDoubts).toHaveBeenCalledTimes(3);
  for (const { clocks, doubts } of all) {
    expect(doubts).toEqual(all[0]!.doubts);
    // Who asks does this itself, as far as it needs it.
    expect(clocks.size).toBe(0);
  }
});

it('is done here when the search of the thread has failed', async () => {
  const tables = await machines();
  const broken = new Map([...tables].map(([name, each]) => [name, { ...each, trouble: undefined as never }]));
  const state = newState();
  const ahead = searchAhead(broken, {}, { leastRows: 0, cpus: 2, state });
  await lastIs(state, PROGRESS.over);
  expect(ahead.doubts).toThrow(TypeError);
});

it('searches the clocks of each machine once, those of one before the other is there', async () => {
  const host = (await machines()).get('host')!;
  const how = { leastRows: 0, cpus: 2 };
  const begun = searchClocksAhead(new Map([['guest' as const, host]]), {}, how)!;
  expect([...begun.machines]).toEqual(['guest']);
  const state = newState();
  const both = new Map([
    ['guest' as const, host],
    ['host' as const, host],
  ]);
  const ahead = searchAhead(both, {}, { ...how, state, known: begun });
  await lastIs(state, PROGRESS.over);
  expect(searchDoubts).not.toHaveBeenCalled();
  const clocks = ahead.clocks();
  expect(clocks).toEqual(searchMachines(both, {}));
  expect([...clocks.keys()]).toEqual(['guest', 'host']);
  expect(searchClocksAhead(both, {}, { ...how, leastRows: 1e9 })).toBeUndefined();
});
