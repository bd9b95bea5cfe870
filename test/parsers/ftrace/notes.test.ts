import { describe, expect, it } from 'vitest';
import { FTRACE_REJECTS } from '../../../parsers/ftrace-text.ts';
import { line, parse } from './trace-text.ts';

describe('lines that are no events', () => {
  it('tell of losses, with their places', async () => {
    const text = `${line()}CPU:3 [LOST 12 EVENTS]\n${line()}CPU:0 [LOST EVENTS]\nCPU:1 [7 EVENTS DROPPED]\n${line()}CPU:2 [EVENTS DROPPED]\n`;
    const { losses, rejects } = await parse(text);
    expect(losses).toEqual([
      { cpu: 3, count: 12, row: 1 },
      { cpu: 0, count: undefined, row: 2 },
      { cpu: 1, count: 7, row: 2 },
      { cpu: 2, count: undefined, row: 3 },
    ]);
    expect(rejects).toEqual([]);
  });

  it('may be remarks', async () => {
    const remarks = [
      '##### CPU 2 buffer started ####',
      '#',
      '',
      '   ',
      'CPU 3 is empty',
      'CPU:1 [SUBBUFFER START]',
      'version = 7',
      ' => __schedule',
    ];
    const { rows, rejects, report } = await parse(`${remarks.join('\n')}\n${line()}`);
    expect(rejects).toEqual([]);
    expect(rows).toHaveLength(1);
    expect(report.records).toBe(1);
  });

  it('say how many events were written, and how many are left', async () => {
    const header = '# tracer: nop\n#\n# entries-in-buffer/entries-written: 140080/250280   #P:4\n';
    expect((await parse(header)).report).toEqual({
      unit: 'ns',
      roundingNs: 0,
      clock: 'unknown',
      records: 0,
      unused: 0,
      claimed: 140_080,
      overwritten: 110_200,
      cpus: 4,
    });
  });

  it.each([
    '# entries-in-buffer/entries-written: x/y   #P:4',
    '# entries-in-buffer/entries-written: 5/4   #P:4',
    '# entries-in-buffer/entries-written: 1/99999999999999999999   #P:4',
  ])('are not believed when they cannot be right: %s', async (header) => {
    expect((await parse(`${header}\n`)).report).toMatchObject({ claimed: undefined, overwritten: undefined });
  });
});

describe('lines that are nothing', () => {
  it.each([
    'hello',
    'CPU:3 [LOST 12 EVENTS] x',
    'CPU:3 [LOST 99999999999999999999 EVENTS]',
    'CPU:99999 [LOST 12 EVENTS]',
    'CPU:3 [12 EVENTS]',
    'cpus=0x',
    line({ cpu: '[0]' }).trimEnd(),
    line({ cpu: '[00000]' }).trimEnd(),
    line({ cpu: '0' }).trimEnd(),
    line({ time: '38.87587' }).trimEnd(),
    line({ time: '38.8758701234' }).trimEnd(),
    line({ time: '.875870' }).trimEnd(),
    line({ time: '1234567890123456789' }).trimEnd(),
    line({ time: '1234567890123.000000' }).trimEnd(),
    line({ time: 'x' }).trimEnd(),
    line({ task: '            qd1-' }).trimEnd(),
    line({ task: '            qd1-4194304' }).trimEnd(),
    line({ task: '            qd1-41943040' }).trimEnd(),
    line({ task: '            qd1-15x' }).trimEnd(),
    line({ group: '(    15) ' }).trimEnd(),
    line({ cpu: '[000] flags.that.are.too.long' }).trimEnd(),
  ])('are rejected: %j', async (text) => {
    const { rows, rejects, losses } = await parse(`${line()}${text}\n${line()}`);
    expect(rejects).toEqual([{ reason: FTRACE_REJECTS.notAnEvent, offset: line().length, line: 2 }]);
    expect(rows).toHaveLength(2);
    expect(losses).toEqual([]);
  });

  it('are named when they are of the latency format', async () => {
    const text =
      '# latency: 0 us, #4/4, CPU#0 | (M:preempt VP:0, KP:0, SP:0 HP:0 #P:4)\n  <idle>-0         3d..1    0us : kvm_exit: x\n';
    const { rejects } = await parse(text);
    expect(rejects.map(({ reason }) => reason)).toEqual([FTRACE_REJECTS.latencyFormat]);
  });
});
