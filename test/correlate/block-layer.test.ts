/** What a request passes in its machine's block layer before the driver has it: bio, request, scheduler. */
import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';

const LANES = `
disk host 254:0
lane app  host cpu0 reader-142
lane irq  host cpu1 <idle>-0
request A read 800+8
request B read 9000+8
`;

/** A goes through a scheduler, B past it. */
const BOTH_WAYS = `${LANES}
 µs | app                 | irq
  0 | sys_enter_pread64 3 |
  1 | block_bio_queue A   |
  3 | block_getrq A       |
  6 | block_rq_insert A   |
 10 | block_rq_issue A    |
 60 |                     | block_rq_complete A
 65 | sys_exit_pread64 4096 |
100 | sys_enter_pread64 3 |
102 | block_bio_queue B   |
103 | block_getrq B       |
109 | block_rq_issue B    |
160 |                     | block_rq_complete B
165 | sys_exit_pread64 4096 |
`;

const follow = (diagram: string) => followDiagram(diagram, { path: 'local-block-device' });

describe('the block layer, drawn', () => {
  it('is a stage for each step, with and without a scheduler', () => {
    const { stages, variant, counts } = follow(BOTH_WAYS);
    expect(counts).toEqual({ matched: 2 });
    expect(stages('A').slice(0, 4)).toEqual([
      'bio-build 1000',
      'request-wait 2000',
      'plug 3000',
      'io-scheduler 4000',
    ]);
    expect(variant('A')).toBe('through the scheduler');
    expect(stages('B').slice(0, 3)).toEqual(['bio-build 2000', 'request-wait 1000', 'direct-issue 6000']);
    expect(variant('B')).toBe('issued past the scheduler');
  });

  it('begins a request with its bio where no system call was recorded', () => {
    const { stages, totalNs } = follow(BOTH_WAYS.replaceAll(/sys_(enter|exit)_pread64 \d+/g, ''));
    expect(stages('A')[0]).toBe('request-wait 2000');
    expect([totalNs('A'), totalNs('B')]).toEqual([59_000, 58_000]);
  });

  it('is one stage, as before, where only the requests were recorded', () => {
    const { stages, correlated } = follow(BOTH_WAYS.replaceAll(/block_(bio_queue|getrq) [AB]/g, ''));
    expect(stages('A')[0]).toBe('host-submit 10000');
    expect(correlated.path.points.map(({ point }) => point)).not.toContain('host:insert');
  });

  it('is that of the guest’s requests where the application runs there', () => {
    const inGuest = LANES.replace('disk host', 'disk guest').replaceAll(/(lane \w+ +)host/g, '$1guest');
    const { stages } = followDiagram(BOTH_WAYS.replace(LANES, inGuest), { path: 'virtio-blk-iothread' });
    expect(stages('A').slice(0, 4)).toEqual([
      'bio-build 1000',
      'request-wait 2000',
      'plug 3000',
      'io-scheduler 4000',
    ]);
  });

  it('belongs to the first of the bios that were merged, at either end', () => {
    const merging = (how: string, label: string, whole: string) =>
      `${LANES}request F read 792+8\nrequest L read 808+8\n
 µs | app                 | irq
  1 | block_bio_queue A   |
  3 | block_getrq A       |
  4 | block_bio_queue ${label}   |
  5 | block_bio_${how} ${label} |
  6 | block_rq_insert ${whole} |
 10 | block_rq_issue ${whole} |
 60 |                     | block_rq_complete ${whole}
`;
    for (const [how, label, whole] of [
      ['backmerge', 'L', 'A+L'],
      ['frontmerge', 'F', 'F+A'],
    ] as const) {
      const { at, stages } = follow(merging(how, label, whole));
      expect(at(whole, 'host:queue')).toBe(1);
      expect(stages(whole).slice(0, 3)).toEqual(['request-wait 2000', 'plug 3000', 'io-scheduler 4000']);
    }
  });

  it('is kept when the driver had no room for the request at first', () => {
    const requeued = BOTH_WAYS.replace(
      ' 60 | ',
      ' 12 | block_rq_requeue A  |\n 20 | block_rq_issue A    |\n 60 | ',
    );
    const { at, counts } = follow(requeued);
    expect(counts).toEqual({ matched: 2 });
    expect([at('A', 'host:queue'), at('A', 'host:insert'), at('A', 'host:issue')]).toEqual([1, 6, 20]);
  });

  it('begins with the whole bio for each part of one that was split', () => {
    const { at, counts } = follow(`${LANES}request W read 5000+16\nrequest Y read 5008+8\n
 µs | app                 | irq
  1 | block_bio_queue W   |
  3 | block_getrq W[0:8]  |
  4 | block_rq_issue W[0:8] |
  5 | block_getrq Y       |
  6 | block_rq_issue Y    |
 60 |                     | block_rq_complete W[0:8]
 61 |                     | block_rq_complete Y
`);
    expect(counts).toEqual({ matched: 2 });
    expect([at('W', 'host:queue'), at('Y', 'host:queue')]).toEqual([1, 1]);
    expect([at('W', 'host:getrq'), at('Y', 'host:getrq')]).toEqual([3, 5]);
  });

  it('is of neither where two bios began at one sector before one of them was issued, and of the next again', () => {
    const { at } = follow(`${LANES}request S read 800+8\nrequest T read 800+8\n
 µs | app                 | irq
  1 | block_bio_queue A   |
  2 | block_bio_queue S   |
  3 | block_getrq A       |
  4 | block_getrq S       |
 10 | block_rq_issue A    |
 60 |                     | block_rq_complete A
 61 | block_rq_issue S    |
 90 |                     | block_rq_complete S
101 | block_bio_queue T   |
103 | block_getrq T       |
110 | block_rq_issue T    |
160 |                     | block_rq_complete T
`);
    expect([at('A', 'host:queue'), at('S', 'host:queue'), at('T', 'host:queue')]).toEqual([
      undefined,
      undefined,
      101,
    ]);
  });
});
