/** What slices of a recording show, as one list. The findings are drawn. */
import { expect, it } from 'vitest';
import { FINDINGS } from '../../src/findings/index.ts';
import { type FoundSlice, uniteFindings } from '../../src/report/unite-findings.ts';

const slice = (matched: number, evidence: string, ...ids: readonly string[]): FoundSlice => ({
  matched,
  findings: ids.map((id) => ({ id, evidence }) as FoundSlice['findings'][number]),
});
const ofMany = (showing: number, all: number) =>
  `(${showing} of ${all} slices of the recording show it; the figures are of the largest of these)`;

it('is in the order in which findings are printed, each once', () => {
  const order = FINDINGS.map(({ id }) => id);
  const shown = ['queue-depth', 'iothread-node', 'poll-window', 'vcpu-halts'];
  const found = uniteFindings([
    slice(100, 'one', 'queue-depth', 'vcpu-halts'),
    slice(100, 'two', 'poll-window', 'vcpu-halts', 'iothread-node'),
  ]).map(({ id }) => id);
  expect(found).toEqual(order.filter((id) => shown.includes(id)));
  expect(found).toHaveLength(4);
});

it('has the figures of the slice with most requests that shows it, and how many do', () => {
  const found = uniteFindings([
    slice(500, 'small', 'poll-window', 'queue-depth'),
    slice(1000, 'largest', 'poll-window'),
    slice(700, 'middle', 'queue-depth', 'poll-window'),
  ]);
  expect(found.map(({ id, evidence }) => [id, evidence])).toEqual([
    ['poll-window', `largest ${ofMany(3, 3)}`],
    ['queue-depth', `middle ${ofMany(2, 3)}`],
  ]);
});

it('does not count slices with next to no requests, or what only they show', () => {
  const found = uniteFindings([
    slice(1000, 'first', 'poll-window'),
    slice(250, 'a quarter', 'poll-window'),
    slice(249, 'less', 'poll-window', 'queue-depth'),
    slice(0, 'none', 'vcpu-halts'),
  ]);
  expect(found.map(({ id, evidence }) => [id, evidence])).toEqual([['poll-window', `first ${ofMany(2, 2)}`]]);
});

it('is that of the slice where only one counts', () => {
  const only = slice(1000, 'first', 'poll-window');
  expect(uniteFindings([only])).toEqual(only.findings);
  expect(uniteFindings([only, slice(3, 'last')])).toEqual(only.findings);
});

it('is empty where no request is matched', () => {
  expect(uniteFindings([slice(0, 'none', 'poll-window')])).toEqual([]);
});
