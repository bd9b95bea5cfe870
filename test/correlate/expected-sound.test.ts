/** Requests that were followed before doubts were found: what doubts say counts all the same, and nothing differs. */
import { expect, it, vi } from 'vitest';
import type { searchAhead } from '../../src/commands/search-ahead.ts';
import { analyzeTexts, drawnSubject, realSubject, type Subject } from '../faults/subjects.ts';
import { loseLines, withoutCount } from '../support/damage.ts';

const thread = vi.hoisted(() => ({ isSearching: false }));
// Recordings as small as these are searched at once; here a test says that another thread is still at it.
vi.mock('../../src/commands/search-ahead.ts', async (original) => {
  const real = await original<{ searchAhead: typeof searchAhead }>();
  return {
    ...real,
    searchAhead: (...given: Parameters<typeof searchAhead>) => ({
      ...real.searchAhead(...given),
      isSearching: () => thread.isSearching,
    }),
  };
});

/** What is followed while the thread is at it, or once it is through. */
async function outcome({ texts, facts }: Pick<Subject, 'texts' | 'facts'>, isSearching: boolean) {
  thread.isSearching = isSearching;
  const analyzed = await analyzeTexts(texts, facts);
  if ('failure' in analyzed) return analyzed;
  const { relation, requests, path, misclocked, isSound } = analyzed.followed.correlated;
  const { method, uncertaintyNs, driftPpm, offsetNs, checked } = relation;
  const clocks = { method, uncertaintyNs, driftPpm, offsetNs, checked };
  return { path: path.name, clocks, requests, misclocked, isSound };
}

/** Nothing but its rows tells that some are missing. */
function lossy({ texts, facts }: Subject, seed: number): Pick<Subject, 'texts' | 'facts'> {
  return { texts: { ...texts, host: withoutCount(loseLines(texts.host, 0.01, seed)) }, facts };
}

const SEEDS = 30;

it(`${SEEDS} drawn recordings, which are sound`, { timeout: 60_000 }, async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const subject = drawnSubject(seed);
    const expected = await outcome(subject, true);
    expect({ seed, ...expected }).toEqual({ seed, ...(await outcome(subject, false)), isSound: true });
  }
});

it(`${SEEDS} drawn recordings with events missing`, { timeout: 60_000 }, async () => {
  let unsound = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const damaged = lossy(drawnSubject(seed), seed);
    const expected = await outcome(damaged, true);
    expect({ seed, ...expected }).toEqual({ seed, ...(await outcome(damaged, false)) });
    if ('isSound' in expected && !expected.isSound) unsound++;
  }
  expect(unsound).toBeGreaterThan(SEEDS / 2);
});

it.each(['virtio-blk-iothread', 'vfio-pci-nvme'])('%s with events missing', async (name) => {
  const damaged = lossy(await realSubject(name, 1), 1);
  const expected = await outcome(damaged, true);
  expect(expected).toMatchObject({ isSound: false });
  expect(expected).toEqual(await outcome(damaged, false));
});
