/** A clock that is set while requests are in flight, drawn: what the relation then puts out of order is not used. */
import { expect, it } from 'vitest';
import { moveStamps } from '../support/damage.ts';
import { survivorsOf } from '../support/survivors.ts';
import { analyzeTexts, drawnSubject } from './subjects.ts';

it('leaves no request when the relation puts most of them out of order', async () => {
  // Four in flight; the only request that was ever alone lies before the step and relates the clocks.
  const { texts, facts } = drawnSubject(18);
  const stamps: bigint[] = [];
  moveStamps(texts.guest, (_, stamp) => {
    stamps.push(stamp);
    return 0n;
  });
  const moment = stamps[Math.floor(stamps.length / 10)]!;
  const guest = moveStamps(texts.guest, (_, stamp) => (stamp < moment ? 0n : 300_000n));

  const analyzed = await analyzeTexts({ ...texts, guest }, facts);
  if ('failure' in analyzed) throw new Error(analyzed.failure);
  const { found, quarantined } = survivorsOf(analyzed.followed.correlated);
  expect(found).toEqual([]);
  expect(quarantined).toHaveProperty(
    'the clocks’ relation puts most requests out of order: it cannot be right',
  );
  expect(analyzed.report.grade.letter).toBe('F');
});
