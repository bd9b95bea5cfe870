import { describe, expect, it } from 'vitest';
import { iotraceEvents } from '../../parsers/iotrace-events.ts';
import { parseAll } from './row-sink.ts';

// DRAWN: the lines src/share/event-lines.ts writes, with invented values.
const HEAD = [
  '# iotrace events 1',
  'format tracefs text',
  'clock mono',
  'unit ns',
  'rounding 500',
  'records 12',
  'unused 3',
  'claimed 12',
  'kind 4 kvm_exit',
  'kind 9 irq_handler_entry',
  'string 1 nvme0q1',
  'task 7 5 CPU 0/KVM',
  'task 8 -',
  'reject 2 4711 52 arguments not understood',
  'start 9007199 999999999',
];
const stream = (...lines: readonly string[]) => [...HEAD, ...lines, ''].join('\n');

describe('iotrace events', () => {
  it('gives back every column, in order, with times that went backwards and keys that were not recorded', async () => {
    const text = stream(
      '4 1 2 7 0 1 -3',
      'lost 2 17',
      '4 -1 65535 4294967295 0 - 0',
      'lost -1 -',
      '9 0 0 8 1 36 0',
    );
    for (const pieces of [1, 7, 10_000]) {
      const { rows, losses, tasks, strings, report } = await parseAll(iotraceEvents, text, pieces);
      expect(rows).toEqual([
        { name: 'kvm_exit', sec: 9007200, nsec: 0, cpu: 2, tid: 7, dev: 0, tag: 1, aux: -3 },
        {
          name: 'kvm_exit',
          sec: 9007199,
          nsec: 999999999,
          cpu: 65535,
          tid: 4294967295,
          dev: 0,
          tag: Number.NaN,
          aux: 0,
        },
        { name: 'irq_handler_entry', sec: 9007199, nsec: 999999999, cpu: 0, tid: 8, dev: 1, tag: 36, aux: 0 },
      ]);
      expect(losses).toEqual([
        { cpu: 2, count: 17, row: 1 },
        { cpu: -1, count: undefined, row: 2 },
      ]);
      expect([...tasks]).toEqual([
        [7, { comm: 'CPU 0/KVM', tgid: 5 }],
        [8, { comm: '', tgid: undefined }],
        // No line names it: it is told of all the same, as every thread with an event is.
        [4294967295, { comm: '', tgid: undefined }],
      ]);
      expect(strings).toEqual(['', 'nvme0q1']);
      expect(report).toMatchObject({
        format: 'tracefs text',
        clock: 'mono',
        unit: 'ns',
        roundingNs: 500,
        records: 12,
      });
      expect(report).toMatchObject({ unused: 3, claimed: 12, overwritten: undefined });
    }
  });

  it.each([
    ['4 1 2 7 0 1', 'not a line of iotrace events'],
    ['4 1 2 7 0 1 0 0', 'not a line of iotrace events'],
    ['4 1 2 7 0 1 0x', 'not a line of iotrace events'],
    ['4 1 70000 7 0 1 0', 'a number out of range'],
    ['5 1 2 7 0 1 0', 'an event of an unknown name'],
    ['kind 5000 kvm_exit', 'not a line of iotrace events'],
    ['string 7 skipped', 'not a line of iotrace events'],
    ['clock mono', 'not a line of iotrace events'],
    ['\u001b[31mred', 'not a line of iotrace events'],
    ['reject 999999999999999 1 1 too many', 'not a line of iotrace events'],
  ])('rejects %s with its place, and reads on', async (line, reason) => {
    const { rows, rejects } = await parseAll(iotraceEvents, stream(line, '4 1 2 7 0 1 0'));
    expect(rows).toHaveLength(1);
    expect(rejects.slice(1)).toEqual([{ reason, offset: expect.any(Number), line: HEAD.length + 1 }]);
  });

  it('is told by its first line alone', () => {
    const sniff = (text: string) => iotraceEvents.sniff(new TextEncoder().encode(text));
    expect(sniff(stream())).toBe(true);
    expect(sniff('# iotrace events 2\n')).toBe(false);
    expect(sniff('# tracer: nop\n')).toBe(false);
  });

  it('takes an interrupt’s number for a name only where the stream gave one', async () => {
    const { rows } = await parseAll(iotraceEvents, stream('9 0 0 8 4000000000 36 0'));
    expect(rows[0]!.dev).toBe(0);
  });
});
