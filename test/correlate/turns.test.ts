/** A task that polls above queue depth 1: whose completion entry it has found. */
import { expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

const HEAD = `
disk host 259:0
lane app host cpu0 fio-142
request A read 800+8
request B read 1600+8

 µs | app
  0 | sys_enter_io_uring_enter 2
  2 | block_rq_issue A
  4 | block_rq_issue B
`;
const TAIL = ' 60 | sys_exit_io_uring_enter 2\n';

const founds = (lines: string) => {
  const { at, counts } = followDiagram(HEAD + lines + TAIL, { path: 'bare-metal-nvme-iopoll' });
  expect(counts).toEqual({ matched: 2 });
  return [at('A', 'host:poll-found'), at('B', 'host:poll-found')];
};

it('is that of the request which completes next', () => {
  expect(
    founds(` 30 | nvme_sq
 31 | block_rq_complete A
 40 | nvme_sq
 41 | block_rq_complete B
`),
  ).toEqual([30, 40]);
});

it('is not the one before, where a request’s own is missing', () => {
  expect(
    founds(` 30 | nvme_sq
 31 | block_rq_complete A
 41 | block_rq_complete B
`),
  ).toEqual([30, undefined]);
});

it('is not told of entries that were found together', () => {
  expect(
    founds(` 30 | nvme_sq
 31 | nvme_sq
 40 | block_rq_complete A
 41 | block_rq_complete B
`),
  ).toEqual([undefined, undefined]);
});
