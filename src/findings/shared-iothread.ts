import { hostSide, spanOfRequest } from './evidence.ts';
import { defineFinding } from './finding.ts';

/** Foreign requests for one of ours below which nothing waits. */
const LEAST_SHARE = 0.05;

export const sharedIothread = defineFinding({
  id: 'shared-iothread',
  severity: 'info',
  title: 'The thread that serves this disk serves another one too',
  about:
    'Requests of another disk stand in the same event loop: this disk’s kicks and completions wait until their handlers return. Counted by what the thread issued to other block devices while this disk’s requests were in flight.',
  find(input) {
    const { correlated, breakdown } = input;
    const host = hostSide(input);
    const own = correlated.followed.rows.get('host:issue');
    const first = breakdown.matched.find((request) => (own?.[request] ?? -1) >= 0);
    if (correlated.host === undefined || host === undefined || own === undefined || first === undefined)
      return undefined;
    const device = host.table.dev[own[first]!]!;
    const from = spanOfRequest(input, breakdown.matched[0]!)[0];
    const to = spanOfRequest(input, breakdown.matched.at(-1)!)[1];
    const foreign: number[] = [];
    for (const row of host.occurrences.rows('block_rq_issue')) {
      if (host.table.dev[row] === device || !correlated.backend.has(host.table.tid[row]!)) continue;
      if (host.timeOfRow(row) >= from && host.timeOfRow(row) <= to) foreign.push(row);
    }
    if (foreign.length === 0 || foreign.length < breakdown.matched.length * LEAST_SHARE) return undefined;
    const devices = [...new Set(foreign.map((row) => host.table.dev[row]!))];
    return {
      evidence: `the thread issued ${foreign.length} requests to ${devices.map((dev) => `${dev >>> 20}:${dev & 0xfffff}`).join(', ')} during the ${breakdown.matched.length} requests of this disk`,
      gain: null,
      confidence: 'high',
      fix: 'an IOThread for each busy disk: another -object iothread and iothread= on its device; in the domain XML a further <iothread> and iothread= on the <driver>',
    };
  },
});
