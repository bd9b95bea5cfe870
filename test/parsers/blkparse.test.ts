import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blkparse } from '../../parsers/blkparse.ts';
import { DIRECTION, packRequest } from '../../parsers/event-kinds.ts';
import { parseAll } from './row-sink.ts';

const LOOP = gunzipSync(readFileSync(new URL('../fixtures/blkparse/loop.txt.gz', import.meta.url)));
const line = (sequence: number, rest: string) =>
  `  8,16   3 ${sequence}     7.000000${sequence}01  912  ${rest}\n`;

describe('blkparse, recorded', () => {
  it('reads every request of the summary at the end of the text', async () => {
    const { rows, rejects, losses, report } = await parseAll(blkparse, LOOP, 4096);
    expect(rejects).toEqual([]);
    expect(losses).toEqual([]);
    // The summary: 1025 entries, of which 170 plugs and as many unplugs.
    expect(report).toEqual({ unit: 'ns', roundingNs: 0, clock: 'unknown', records: 1025, unused: 340 });
    const count = (name: string, direction: number) =>
      rows.filter((row) => row.name === name && (row.aux & 7) === direction).length;
    expect(count('block_bio_queue', DIRECTION.read)).toBe(150);
    expect(count('block_bio_queue', DIRECTION.write)).toBe(21);
    expect(count('block_rq_issue', DIRECTION.read)).toBe(150);
    expect(count('block_rq_issue', DIRECTION.write)).toBe(20);
    expect(count('block_rq_issue', DIRECTION.flush)).toBe(1);
    expect(count('block_rq_complete', DIRECTION.read)).toBe(150);
  });

  it('puts device, place and length of a request into the columns', async () => {
    const { rows } = await parseAll(blkparse, LOOP, LOOP.length);
    const aux = packRequest(8, DIRECTION.read);
    expect(rows.filter(({ name, tag }) => name.startsWith('block_rq_') && tag === 8).slice(0, 2)).toEqual([
      { name: 'block_rq_issue', sec: 0, nsec: 373584, cpu: 0, tid: 30934, dev: 7 << 20, tag: 8, aux },
      { name: 'block_rq_complete', sec: 0, nsec: 422607, cpu: 1, tid: 30756, dev: 7 << 20, tag: 8, aux },
    ]);
  });

  it('gives the same rows for chunks of any size, and says where a cut text ends', async () => {
    const whole = await parseAll(blkparse, LOOP, LOOP.length);
    expect((await parseAll(blkparse, LOOP, 61)).rows).toEqual(whole.rows);
    const cut = await parseAll(blkparse, LOOP.subarray(0, 5000));
    expect(cut.rejects).toMatchObject([{ reason: 'last line is cut short' }]);
    expect(cut.rows).toEqual(whole.rows.slice(0, cut.rows.length));
  });
});

describe('blkparse, drawn lines', () => {
  it('reads names of tasks, elapsed times, commands and merges, and leaves out what has no use', async () => {
    const text = [
      line(1, 'Q  RM 2048 + 8 [qd1]'),
      line(2, 'M   W 2056 + 8 [fio worker]'),
      line(3, 'A  WS 4096 + 8 <- (8,17) 2048'),
      line(4, 'D   R 1 (12 00 00 00 00 00 00 00 ..) [smartctl]'),
      line(5, 'C   R 2048 + 8 (   48563) [0]'),
      line(6, 'UT   N [kworker/3:1H] 1'),
      line(7, 'm   N cfq1234 insert_request'),
      line(8, 'R   R 2048 + 8 [11]').replace('912', '913'),
    ];
    const { rows, rejects, report, tasks } = await parseAll(blkparse, text.join(''));
    expect(rejects).toEqual([]);
    expect(rows.map(({ name, tag, aux }) => [name, tag, aux])).toEqual([
      ['block_bio_queue', 2048, packRequest(8, DIRECTION.read)],
      ['block_bio_backmerge', 2056, packRequest(8, DIRECTION.write)],
      ['block_rq_issue', Number.NaN, packRequest(0, DIRECTION.read)],
      ['block_rq_complete', 2048, packRequest(8, DIRECTION.read)],
      ['block_rq_requeue', 2048, packRequest(8, DIRECTION.read)],
    ]);
    expect(report.unused).toBe(3);
    expect([...tasks]).toEqual([
      [912, { comm: 'qd1', tgid: undefined }],
      [913, { comm: '', tgid: undefined }],
    ]);
  });

  it('counts what the summary says is missing, and names a jump that no summary explains', async () => {
    const text = line(1, 'Q   R 8 + 8 [dd]') + line(4, 'C   R 8 + 8 [0]');
    const bare = await parseAll(blkparse, text);
    expect(bare.losses).toEqual([]);
    expect(bare.rejects).toEqual([
      { reason: expect.stringContaining('sequence numbers jump'), offset: text.indexOf('\n') + 1, line: 2 },
    ]);
    const skipped = await parseAll(blkparse, `${text}Total (sdb):\nSkips: 1 forward (2 -  50.0%)\n`);
    expect(skipped.losses).toEqual([{ cpu: -1, count: 2, row: 2 }]);
    expect(skipped.rejects).toEqual([]);
    const filtered = await parseAll(
      blkparse,
      `${text}CPU3 (sdb):\n Reads Queued: 1\nSkips: 0 forward (0 -   0.0%)\n`,
    );
    expect([filtered.losses, filtered.rejects]).toEqual([[], []]);
  });

  it('names what is not of its format', async () => {
    const { rejects } = await parseAll(blkparse, `${line(1, 'Q   R 8 [dd]')}hello\n${line(2, 'D  DS [x]')}`);
    expect(rejects.map(({ reason, line: number }) => [reason, number])).toEqual([
      ['not a line of blkparse', 2],
      ['no sector and length behind a request', 3],
    ]);
    expect(blkparse.sniff(LOOP)).toBe(true);
    expect(blkparse.sniff(Buffer.from('  8,16   3 1     7.0001  912  Q   R 8 + 8 [dd]\n'))).toBe(false);
  });
});
