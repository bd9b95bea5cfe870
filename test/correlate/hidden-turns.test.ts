/** Calls that lost events may have joined, drawn: one request at a time. */
import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

const NAMES = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const LANES = `
disk host 254:0
lane app  host cpu0 fio-142
lane irq  host cpu1 <idle>-0
${NAMES.map((name, at) => `request ${name} read ${800 * (at + 1)}+8`).join('\n')}

 µs | app | irq
`;
const PATH = { path: 'local-block-device' };
const LOSSY = { ...PATH, isIncomplete: true };

const EVENTS = [
  [0, () => 'sys_enter_pread64 3 |'],
  [2, (name: string) => `block_rq_issue ${name} |`],
  [10, (name: string) => `| block_rq_complete ${name}`],
  [12, () => 'sys_exit_pread64 4096 |'],
] as const;

/** A read of each request every 20 µs, but for events that were lost: of a request, which. */
const reads = (lost: Record<string, readonly number[]>) =>
  LANES +
  NAMES.flatMap((name, at) =>
    EVENTS.filter((_, event) => lost[name]?.includes(event) !== true).map(
      ([us, text]) => `${20 * at + us} | ${text(name)}`,
    ),
  ).join('\n') +
  '\n';

/** From behind A's beginning to B's; from behind A's completion to B's. */
const JOINED_BEGIN = reads({ A: [1, 2, 3], B: [0] });
const JOINED_END = reads({ A: [3], B: [0, 1, 2] });

describe('two calls joined by lost events', () => {
  it('give no request a beginning before which another had room', () => {
    const { outcome, counts } = followDiagram(JOINED_BEGIN, LOSSY);
    expect(outcome('B')).toContain('which call asked for it cannot be said any more');
    expect(counts).toMatchObject({ matched: 5 });
  });

  it('give no request an end that comes when another had room', () => {
    const { outcome, counts } = followDiagram(JOINED_END, LOSSY);
    expect(outcome('A')).toContain('which call told its task that it is done cannot be said any more');
    expect(counts).toMatchObject({ matched: 5 });
  });

  it('are one slow call where nothing is missing', () => {
    expect(followDiagram(JOINED_BEGIN, PATH).outcome('B')).toBe('matched');
    expect(followDiagram(JOINED_END, PATH).outcome('A')).toBe('matched');
  });

  it('are no sign where most requests wait as long', () => {
    const slow = reads({}).replace(/^(\d+) \| sys_exit/gm, (_, us: string) => `${Number(us) + 7} | sys_exit`);
    const wait = slow.replace(
      /^(\d+) \| \| block_rq_complete/gm,
      (_, us: string) => `${Number(us) - 5} | | block_rq_complete`,
    );
    expect(followDiagram(wait, LOSSY).counts).toEqual({ matched: NAMES.length });
  });
});
