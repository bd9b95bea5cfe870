import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bpftraceJson } from '../../../parsers/bpftrace-json.ts';
import { bpftraceText, bpftraceTextWithScript } from '../../../parsers/bpftrace-text.ts';
import { parseAll } from '../row-sink.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/bpftrace/${name}`, import.meta.url), 'utf8');

describe('a flight recorder of bpftrace 0.17', () => {
  it.each([
    ['dd-maps.out', bpftraceText],
    ['dd-maps.json', bpftraceJson],
  ])('gives every event that its probes counted: %s', async (name, format) => {
    expect(format.sniff(Buffer.from(fixture(name)))).toBe(true);
    const { rows, rejects, report } = await parseAll(format, fixture(name));
    expect(rejects).toEqual([]);
    expect(report.clock).toBe('boot');
    expect([rows.length, report.records]).toEqual([report.claimed, report.claimed]);
    // 60 blocks, the end of the file dd asks for, and what its loader reads.
    expect(rows.filter(({ name: event }) => event === 'sys_enter_read')).toHaveLength(63);
    expect(rows.filter(({ name: event, tag }) => event === 'sys_exit_read' && tag === 4096)).toHaveLength(60);
    const issued = rows.filter(({ name: event }) => event === 'block_rq_issue');
    expect(issued.length).toBeGreaterThanOrEqual(60);
    expect(new Set(issued.map(({ dev }) => dev))).toContain((254 << 20) | 0);
  });

  it('is read by the script where the header is missing, and not guessed without both', async () => {
    const text = fixture('dd-maps.out').replace(/^# iotrace.*\n/m, '');
    const bare = await parseAll(bpftraceText, text);
    expect(bare.rows).toEqual([]);
    expect(new Set(bare.rejects.map(({ reason }) => reason))).toEqual(
      new Set(['an event without a name: no header, and no script that gives one']),
    );
    const script = fixture('dd-maps.bt').replace(/; @fired[^;]*;/g, ';');
    const named = await parseAll(bpftraceTextWithScript(script), text);
    expect(named.rows).toEqual((await parseAll(bpftraceText, fixture('dd-maps.out'))).rows);
  });

  it('names elements that are damaged, and leaves other maps out', async () => {
    const text = [
      '# iotrace events clock=boot 1=kvm_inj_virq:vector',
      '@e[4347279553769, 0]: (1, 15617, 236)',
      '@e[4347279553769, 0]: (7, 15617, 236)',
      '@e[4347279553769, 0]: (1, 15617, x)',
      '@other: 5',
      '@e[12, 3]: 8',
      '@fired[1]: 12',
      '',
    ].join('\n');
    const { rows, rejects, report } = await parseAll(bpftraceText, text);
    expect(rows).toMatchObject([{ name: 'kvm_inj_virq', tag: 236, tid: 15_617 }]);
    expect(rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'an event id that neither header nor script names'],
      [4, 'a value is not a number'],
    ]);
    expect(report).toMatchObject({ claimed: 12, unused: 3 });
  });
});
