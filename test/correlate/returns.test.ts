import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

const LANES = `
disk host 254:0
lane app  host cpu0 fio-142
lane kw   host cpu1 kworker/u4:1-77
lane irq  host cpu1 <idle>-0
request A read 800+8
request B read 1600+8
request C read 2400+8
request W write 9000+8
`;
const PATH = { path: 'local-block-device' };

/** A completes while B is submitted, C while nothing is. As fio with libaio at queue depth 8 really shows it. */
const AIO = `${LANES}
 µs | app                      | kw | irq
  0 | sys_enter_io_submit 3 1  |    |
  2 | block_rq_issue A         |    |
  3 | sys_exit_io_submit 1     |    |
 10 | sys_enter_io_submit 3 1  |    |
 12 | block_rq_issue B         |    |
 13 |                          |    | block_rq_complete A
 14 | sys_exit_io_submit 1     |    |
 15 | sys_enter_io_submit 3 1  |    |
 16 | block_rq_issue C         |    |
 17 | sys_exit_io_submit 1     |    |
 20 |                          |    | block_rq_complete C
 30 | sys_enter_io_getevents 1 |    |
 31 | sys_exit_io_getevents 1  |    |
 40 | sys_enter_io_getevents 1 |    |
 44 |                          |    | block_rq_complete B
 45 | sys_exit_io_getevents 2  |    |
`;

describe('libaio above queue depth 1, drawn', () => {
  it('tells a task of its completions by io_getevents, in order, and by no other call', () => {
    const { at, counts } = followDiagram(AIO, PATH);
    expect(counts).toEqual({ matched: 3 });
    expect(at('A', 'app:return')).toBe(31);
    expect(at('C', 'app:return')).toBe(45);
    expect(at('B', 'app:return')).toBe(45);
  });

  it('does not say whose completions were reaped when one of them is missing', () => {
    const { at, outcome } = followDiagram(AIO.replace('block_rq_complete A', ''), PATH);
    expect(outcome('A')).toBe('rejected: never completed in the recording');
    // C seems to be the one that the first call reaped; the second call's two cannot be B alone.
    expect(at('C', 'app:return')).toBeUndefined();
  });
});

/** Three are in flight at once, and a call begins that can hand out the first. */
const THREE_AT_ONCE = `${LANES}
 µs | app                      | kw | irq
  0 | sys_enter_io_submit 3 3  |    |
  1 | block_rq_issue A         |    |
  2 | block_rq_issue B         |    |
  3 | block_rq_issue C         |    |
  4 | sys_exit_io_submit 3     |    |
 10 |                          |    | block_rq_complete A
 11 | sys_enter_io_getevents 1 |    |`;

/** A call that hands out A is interrupted by the drive, whose requests complete in its midst: as on a host that takes the CPU away. */
const INTERRUPTED = `${THREE_AT_ONCE}
 40 | block_rq_complete B      |    |
 41 | block_rq_complete C      |    |
 43 | sys_exit_io_getevents 1  |    |
 50 | sys_enter_io_getevents 1 |    |
 51 | sys_exit_io_getevents 2  |    |
`;

describe('libaio whose call is interrupted, drawn', () => {
  it('has not slept for a completion that came while its task ran', () => {
    const { at, counts } = followDiagram(INTERRUPTED, PATH);
    expect(counts).toEqual({ matched: 3 });
    expect(['A', 'B', 'C'].map((request) => at(request, 'app:return'))).toEqual([43, 51, 51]);
  });
});

/** QEMU looks into libaio's ring itself. The recording ends while C is in flight. */
const PEEKED = `${LANES}
 µs | app                      | kw | irq
  0 | sys_enter_io_submit 3 1  |    |
  2 | block_rq_issue A         |    |
  3 | sys_exit_io_submit 1     |    |
 13 |                          |    | block_rq_complete A
 20 | sys_enter_io_submit 3 1  |    |
 22 | block_rq_issue B         |    |
 23 | sys_exit_io_submit 1     |    |
 33 |                          |    | block_rq_complete B
 40 | sys_enter_io_submit 3 1  |    |
 42 | block_rq_issue C         |    |
 43 | sys_exit_io_submit 1     |    |
`;

describe('libaio whose ring is looked into, drawn', () => {
  it('doubts no request because another never completed: no call tells of any', () => {
    const { at, counts } = followDiagram(PEEKED, PATH);
    expect(counts).toEqual({ matched: 2, 'rejected: never completed in the recording': 1 });
    for (const request of ['A', 'B']) expect(at(request, 'app:return')).toBeUndefined();
  });
});

/** Three calls hand out one completion each; the end of the first is lost. Only the last one slept for its completion. */
const LOST_END = `${THREE_AT_ONCE}
 20 |                          |    | block_rq_complete B
 21 | sys_enter_io_getevents 1 |    |
 22 | sys_exit_io_getevents 1  |    |
 30 | sys_enter_io_getevents 1 |    |
 50 |                          |    | block_rq_complete C
 51 | sys_exit_io_getevents 1  |    |
`;

describe('libaio after a lost end of io_getevents, drawn', () => {
  const { at, outcome } = followDiagram(LOST_END, PATH);

  it('does not give a request the end of another', () => {
    for (const request of ['A', 'B']) {
      expect(outcome(request)).toContain('which call told its task that it is done cannot be said any more');
      expect(at(request, 'app:return')).toBeUndefined();
    }
  });

  it('counts anew with a call that slept, which proves that nothing was waiting', () => {
    expect(at('C', 'app:return')).toBe(51);
  });
});

const URING = `${LANES}
 µs | app                          | kw | irq
  0 | sys_enter_io_uring_enter 1 0 |    |
  1 | io_uring_submit_req 4096     |    |
  2 | block_rq_issue A             |    |
  3 | sys_exit_io_uring_enter 1    |    |
 10 | sys_enter_io_uring_enter 1 0 |    |
 11 | io_uring_submit_req 8192     |    |
 12 | block_rq_issue B             |    |
 13 |                              |    | block_rq_complete A
 14 |                              |    | io_uring_complete 4096
 15 | sys_exit_io_uring_enter 1    |    |
 20 |                              |    | block_rq_complete B
 21 |                              |    | io_uring_complete 8192
 30 | sys_enter_io_uring_enter 0 1 |    |
 31 | sys_exit_io_uring_enter 0    |    |
`;

describe('io_uring above queue depth 1, drawn', () => {
  it('tells a task when the call it is in returns, else at once', () => {
    const { at } = followDiagram(URING, PATH);
    expect(at('A', 'app:return')).toBe(15);
    expect(at('B', 'app:return')).toBe(21);
  });

  it('does not guess which submission of a batch became which request', () => {
    const batch = `${LANES}
 µs | app                          | kw | irq
  0 | sys_enter_io_uring_enter 2 2 |    |
  1 | io_uring_submit_req 4096     |    |
  2 | io_uring_submit_req 8192     |    |
  3 | block_rq_issue B             |    |
  4 | block_rq_issue A             |    |
 10 |                              |    | block_rq_complete A
 11 |                              |    | io_uring_complete 4096
 20 |                              |    | block_rq_complete B
 21 |                              |    | io_uring_complete 8192
 31 | sys_exit_io_uring_enter 2    |    |
`;
    const { at } = followDiagram(batch, PATH);
    expect([at('A', 'app:return'), at('B', 'app:return')]).toEqual([undefined, undefined]);
  });
});

describe('io_uring that polls, drawn', () => {
  /** A call for each request, which finds its completion itself. From the end of A's to B's issue nothing was recorded. */
  const LOST = `${LANES}
 µs | app                          | kw | irq
  0 | sys_enter_io_uring_enter 1 1 |    |
  2 | block_rq_issue A             |    |
 10 | block_rq_complete A          |    |
 90 | block_rq_complete B          |    |
 91 | sys_exit_io_uring_enter 1    |    |
100 | sys_enter_io_uring_enter 1 1 |    |
102 | block_rq_issue C             |    |
110 | block_rq_complete C          |    |
111 | sys_exit_io_uring_enter 1    |    |
`;

  it('does not give a request the end of the call that completed one whose issue is missing', () => {
    const { at, outcome } = followDiagram(LOST, { ...PATH, isIncomplete: true });
    expect(outcome('A')).toContain('which call told its task that it is done cannot be said any more');
    expect(at('C', 'app:return')).toBe(111);
  });

  it('finds nothing wrong with it where nothing is known to be missing: its issue lies before the recording', () => {
    expect(followDiagram(LOST, PATH).outcome('A')).toBe('matched');
  });
});

describe('a synchronous call, drawn', () => {
  const READ = `${LANES}
 µs | app                    | kw                | irq
  0 | sys_enter_pread64 3    |                   |
  2 | block_rq_issue A       | block_rq_issue W  |
 10 |                        |                   | block_rq_complete W
 12 |                        |                   | block_rq_complete A
 14 | sys_exit_pread64 4096  |                   |
`;

  it('that reads has asked for no write', () => {
    const { at } = followDiagram(READ, PATH);
    expect([at('A', 'app:submit'), at('A', 'app:return')]).toEqual([0, 14]);
    expect(at('W', 'app:submit')).toBeUndefined();
  });

  it('does not return for what it read ahead', () => {
    const ahead = READ.replace(
      ' 12 |                        |                   | block_rq_complete A\n',
      '',
    ).concat(`
 20 | sys_enter_pread64 3    |                   |
 21 |                        |                   | block_rq_complete A
 22 | sys_exit_pread64 4096  |                   |
`);
    expect(followDiagram(ahead, PATH).at('A', 'app:return')).toBeUndefined();
  });

  it('of a task that is recorded leaves the requests of others outside', () => {
    const alone = READ.replace(
      '  2 | block_rq_issue A       | block_rq_issue W  |',
      '  2 | block_rq_issue A       | block_rq_insert W |\n  3 |                        | block_rq_issue W  |',
    );
    expect(followDiagram(alone, PATH).outcome('W')).toBe(
      'outside: asked for by a task whose system calls were not recorded',
    );
  });
});
