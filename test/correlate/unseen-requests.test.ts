import { expect, it } from 'vitest';
import { analyzeTexts, drawnSubject } from '../faults/subjects.ts';
import { survivorsOf } from '../support/survivors.ts';

/** From inside one system call to inside a later one: no pair of events is broken. */
function withoutRequests(text: string): string {
  const lines = text.split('\n');
  const at = (line: string, from: number) =>
    lines.findIndex((each, index) => index > from && each.includes(line));
  const issues = [...lines.keys()].filter((index) => lines[index]!.includes('block_rq_issue'));
  const first = at('sys_io_submit ->', issues[20]!);
  const last = at('sys_io_submit(', issues[23]!);
  return [...lines.slice(0, first), ...lines.slice(last + 1)].join('\n');
}

it('a request that only the host saw shows where events of the guest are missing, drawn', async () => {
  const { texts, facts } = drawnSubject(11, 'storage-daemon');
  const analyzed = await analyzeTexts({ ...texts, guest: withoutRequests(texts.guest) }, facts);
  if ('failure' in analyzed) throw new Error(analyzed.failure);
  const { found, quarantined } = survivorsOf(analyzed.followed.correlated);
  expect(quarantined).toHaveProperty('an event is missing while it was in flight: a request of the host');
  const longest = Math.max(...found.map(({ stages }) => stages.reduce((sum, { ns }) => sum + ns, 0)));
  expect(longest).toBeLessThan(100_000);
});
