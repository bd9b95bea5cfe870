import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

const LANES = `
disk host 254:0
lane app  host cpu0 reader-142
lane ls   host cpu1 ls-143
lane irq  host cpu1 <idle>-0
request A read 800+8
request L read 9000+8
`;

/** Each of two tasks takes what the other put into the scheduler. As a loaded disk with mq-deadline really shows it. */
const CROSSED = `${LANES}
 µs | app                | ls                | irq
  0 | sys_enter_pread64 3|                   |
  3 | block_rq_insert A  | block_rq_insert L |
  5 |                    | block_rq_issue A  |
  6 | block_rq_issue L   |                   |
 60 |                    |                   | block_rq_complete A
 70 |                    |                   | block_rq_complete L
 75 | sys_exit_pread64 4096 |                |
`;

describe('a request that another task issues, drawn', () => {
  it('belongs to the task that put it into the scheduler', () => {
    const { outcome, at } = followDiagram(CROSSED, { path: 'local-block-device' });
    expect(outcome('A')).toBe('matched');
    expect(at('A', 'app:submit')).toBe(0);
    expect(at('A', 'app:return')).toBe(75);
    expect(at('L', 'app:submit')).toBeUndefined();
  });

  it('is found after a bio was merged to its front', () => {
    const merged = CROSSED.replaceAll(/block_rq_(issue|complete) A/g, 'block_rq_$1 F+A').replace(
      'request A',
      'request F read 792+8\nrequest A',
    );
    const { outcome, at } = followDiagram(merged, { path: 'local-block-device' });
    expect(outcome('F')).toBe('matched');
    expect(at('F', 'app:submit')).toBe(0);
  });

  it('is one request when the driver had no room for it at first', () => {
    const requeued = CROSSED.replace(
      '  6 | block_rq_issue L   |                   |',
      '  6 | block_rq_issue L   | block_rq_requeue A |\n 20 |                    | block_rq_issue A  |',
    );
    const { counts, outcome, at } = followDiagram(requeued, { path: 'local-block-device' });
    expect(outcome('A')).toBe('matched');
    expect(at('A', 'app:submit')).toBe(0);
    expect(at('A', 'host:issue')).toBe(20);
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(2);
  });
});
