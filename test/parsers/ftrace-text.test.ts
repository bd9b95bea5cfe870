import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../parsers/formats.ts';
import { FTRACE_REJECTS, ftraceText } from '../../parsers/ftrace-text.ts';
import { MAX_LINE_BYTES } from '../../parsers/line-scanner.ts';
import { fixture, line, parse, show } from './ftrace/trace-text.ts';

const RECORDED = [
  { name: 'host-mono', claimed: 45696, cpus: 4, unit: 'ns', roundingNs: 500, clock: 'unknown' },
  { name: 'host-tsc', claimed: 49430, cpus: 4, unit: 'ticks', roundingNs: 0, clock: 'x86-tsc' },
  { name: 'host-uring', claimed: 44123, cpus: 4, unit: 'ns', roundingNs: 500, clock: 'unknown' },
  { name: 'host-vfio', claimed: 16137, cpus: 4, unit: 'ns', roundingNs: 500, clock: 'unknown' },
  { name: 'host-nocmd', claimed: 61932, cpus: 4, unit: 'ns', roundingNs: 500, clock: 'unknown' },
  { name: 'guest-tsc', claimed: 5508, cpus: 1, unit: 'ticks', roundingNs: 0, clock: 'x86-tsc' },
  { name: 'guest-iopoll', claimed: 3784, cpus: 2, unit: 'ns', roundingNs: 500, clock: 'unknown' },
] as const;

describe.each(RECORDED)('the recording $name', ({ name, ...facts }) => {
  const text = fixture(`${name}.trace`);

  it.each([1, 7, 100, 1_000_000])(
    'gives the rows of a second reader, in chunks of %i bytes',
    async (chunkBytes) => {
      const parsed = await parse(text, chunkBytes);
      const rows = fixture(`${name}.rows`);
      expect(show(parsed)).toBe(rows);
      expect(parsed.rejects).toEqual([]);
      const records = text.split('\n').filter((each) => each !== '' && !each.startsWith('#')).length;
      const unused = records - (rows.split('\n').length - 1);
      expect(parsed.report).toEqual({ ...facts, records, unused, overwritten: 0 });
    },
  );

  it('gives the same with carriage returns, and after blanks were lost at the beginnings of its lines', async () => {
    const whole = await parse(text);
    const crlf = await parse(text.replaceAll('\n', '\r\n'));
    const pasted = await parse(text.replaceAll(/^ +/gm, ''));
    for (const other of [crlf, pasted]) {
      expect(show(other)).toBe(show(whole));
      expect(other.report).toEqual(whole.report);
      expect(other.tasks).toEqual(whole.tasks);
      expect(other.rejects).toEqual([]);
    }
  });

  it('is recognised, whole and without its header', () => {
    expect(ftraceText.sniff(Buffer.from(text))).toBe(true);
    expect(ftraceText.sniff(Buffer.from(text.replaceAll(/^#.*\n/gm, '')))).toBe(true);
    expect(FORMATS.find((format) => format.sniff(Buffer.from(text)))).toBe(ftraceText);
  });
});

describe('damaged streams', () => {
  it('lose a last line without an end, however complete it looks', async () => {
    const text = line() + line();
    for (const cut of [1, 2, 10, 40, line().length - 20]) {
      const { rows, rejects } = await parse(text.slice(0, -cut));
      expect(rows).toHaveLength(1);
      expect(rejects).toEqual([{ reason: FTRACE_REJECTS.cut, offset: line().length, line: 2 }]);
    }
  });

  it('may end in a header or a blank', async () => {
    expect((await parse('# tracer: nop')).rejects).toEqual([]);
    expect((await parse(`${line()}  `)).rejects).toEqual([]);
  });

  it('say where arguments were not understood, and go on', async () => {
    const text = `${line({ text: 'block_rq_issue: 259,1 R 4096 () x + 8 [a]' })}${line({ text: 'x' })}${line()}`;
    const { rows, rejects, report } = await parse(text);
    expect(rejects).toEqual([
      { reason: FTRACE_REJECTS.badArguments, offset: 0, line: 1 },
      { reason: FTRACE_REJECTS.noName, offset: text.indexOf('\n') + 1, line: 2 },
    ]);
    expect(rows).toHaveLength(1);
    expect(report.records).toBe(1);
  });

  it('do not stop at binary garbage or at a line without end', async () => {
    const garbage = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) & 0xff));
    const long = Buffer.alloc(MAX_LINE_BYTES + 1, 'x');
    const whole = Buffer.concat([
      Buffer.from(line()),
      garbage,
      Buffer.from('\n'),
      long,
      Buffer.from(`\n${line()}`),
    ]);
    for (const chunkBytes of [1, 4096]) {
      const { rows, rejects } = await parse(whole, chunkBytes);
      expect(rows).toHaveLength(2);
      expect(rejects.map(({ reason }) => reason)).toContain(FTRACE_REJECTS.tooLong);
      expect(rejects.length).toBe(rejects.filter(({ line }) => line > 1).length);
    }
  });

  it('count events without a use, whatever they are called', async () => {
    const names = [
      'virtio_queue_empty: (0x1)',
      'vfs_read <-ksys_read',
      'sys_unheard_of(a: 1)',
      'sys_unheard_of -> 0x0',
      '0: x',
      `${'n'.repeat(200)}: x`,
    ];
    const { rows, rejects, report } = await parse(names.map((text) => line({ text })).join(''));
    expect(rows).toEqual([]);
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ records: names.length, unused: names.length });
  });

  it('keep more names apart than are remembered', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => line({ text: `event_${i}: x` })).join('');
    const { rows, report } = await parse(many + line() + many + line(), 65_536);
    expect(rows).toHaveLength(2);
    expect(report).toMatchObject({ records: 10_002, unused: 10_000 });
  });
});

describe('other versions of a name', () => {
  it.each([
    [
      'io_uring_submit_sqe: ring 000000006d2f33ac, req 0000000011f77226, user_data 0x0',
      'io_uring_submit_req',
    ],
    ['__kvm_vcpu_kick: (__kvm_vcpu_kick+0x0/0xb0 [kvm])', 'kvm_vcpu_kick'],
    ['virtio_queue_host_notifier_aio_read: (0x5653bea77010)', 'virtio_queue_host_notifier_read'],
  ])('stand for the same event: %s', async (text, name) => {
    expect((await parse(line({ text }))).rows).toMatchObject([{ name }]);
  });
});
