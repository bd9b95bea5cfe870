/** Calls that seem to issue more requests than they were given, drawn. */
import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

const LANES = `
disk host 254:0
lane app  host cpu0 fio-142
lane irq  host cpu1 <idle>-0
${['A', 'B', 'C', 'D', 'E', 'F'].map((name, at) => `request ${name} read ${800 * (at + 1)}+8`).join('\n')}

 µs | app | irq`;
const PATH = { path: 'local-block-device' };
const LOSSY = { ...PATH, isIncomplete: true };

/** The end of A's call and the beginning of B's are missing. */
const TORN = `
 10 | sys_enter_io_submit 1 |
 12 | block_rq_issue A      |
 22 | block_rq_issue B      |
 23 | sys_exit_io_submit 1  |
 28 |                       | block_rq_complete A
 29 |                       | block_rq_complete B
`;
const whole = (us: number, request: string) => `
 ${us}     | sys_enter_io_submit 1     |
 ${us + 2} | block_rq_issue ${request} |
 ${us + 3} | sys_exit_io_submit 1      |
 ${us + 8} |                           | block_rq_complete ${request}
`;
const UNSURE = 'rejected: an event is missing: which call asked for it cannot be said any more';

describe('a call that issues more than it was given', () => {
  const others = ['C', 'D', 'E', 'F'].map((name, at) => whole(30 + 10 * at, name)).join('');

  it('has the requests of another, where events are missing: which are its own is not told', () => {
    const { counts, outcome } = followDiagram(LANES + TORN + others, LOSSY);
    expect(counts).toEqual({ matched: 4, [UNSURE]: 2 });
    expect([outcome('A'), outcome('B')]).toEqual([UNSURE, UNSURE]);
  });

  it('has them all where nothing is missing', () => {
    expect(followDiagram(LANES + TORN + others, PATH).counts).toEqual({ matched: 6 });
  });

  it('has them all where most do: the block layer takes large requests apart', () => {
    expect(followDiagram(LANES + TORN, LOSSY).counts).toEqual({ matched: 2 });
  });
});
