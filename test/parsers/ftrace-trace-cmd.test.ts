/**
 * What `trace-cmd report` prints: recorded for a disk's own events, held against the kernel's text of the same buffer; drawn
 * after trace-cmd's tracecmd/trace-read.c and libtraceevent's plug-ins for KVM's and for what a recording cannot be made to have.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_CLASS } from '../../parsers/event-kinds.ts';
import { FTRACE_REJECTS, ftraceText } from '../../parsers/ftrace-text.ts';
import { parseAll } from './row-sink.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/ftrace/${name}`, import.meta.url), 'utf8');

describe('one buffer, printed by the kernel and by trace-cmd', () => {
  it.each([
    ['dd-mono-report.txt', 500],
    ['dd-mono-report-t.txt', 0],
  ])('gives the same rows: %s', async (name, roundingNs) => {
    const kernel = await parseAll(ftraceText, fixture('dd-mono.trace'));
    const report = await parseAll(ftraceText, fixture(name));
    expect([kernel.rejects, report.rejects]).toEqual([[], []]);
    const columns = ({ rows, strings }: typeof kernel) =>
      rows.map(({ sec, nsec, ...row }) => ({
        ...row,
        dev: row.name === 'irq_handler_entry' ? strings[row.dev] : row.dev,
      }));
    expect(columns(report)).toEqual(columns(kernel));
    expect(report.rows.length).toBe(110 - report.report.unused);
    expect(report.report).toMatchObject({ roundingNs, cpus: 2, unused: kernel.report.unused });
    for (const [at, row] of report.rows.entries()) {
      const printed = kernel.rows[at]!;
      const apartNs = (row.sec - printed.sec) * 1e9 + row.nsec - printed.nsec;
      expect(Math.abs(apartNs)).toBeLessThanOrEqual(roundingNs === 0 ? 500 : 0);
    }
    expect(Object.fromEntries(report.tasks)).toEqual(Object.fromEntries(kernel.tasks));
  });
});

const ONE_FILE = `CPU 2 is empty
cpus=4
 qemu-system-x86-1234  [001]   100.123456: kvm_exit:             reason EPT_MISCONFIG rip 0xffffffff8107e4a0 info 0 0
 qemu-system-x86-1234  [001]   100.123460: kvm_entry:             vcpu 0 rip 0xffffffff8107e4a3
CPU:1 [12 EVENTS DROPPED]
          IO io0-910   [000]   100.123500: sys_enter_read:       fd: 0x00000013, buf: 0x7ff679dfd350, count: 0x00000200
          IO io0-910   [000] d..1. 100.123504: eventfd_signal:       (ffffffff81234560) ctx=0xffff88816a6d4940 id=7
          IO io0-910   [000]   100.123510: sys_exit_read:        0x8
          IO io0-910   [000]   100.123520: sched_switch:         IO io0:910 [120] S ==> swapper/0:0 [120]
          <idle>-0     [000]   100.123600: irq_handler_entry:    irq=43 name=nvme0q3
          <idle>-0     [000]   100.123700: block_rq_complete:    259,1 R () 142136 + 8 [0]
          <idle>-0     [000]   100.123800: vfs_read:             (ffffffff81234560)
`;

describe('a report of one file', () => {
  it('is read, with its losses', async () => {
    const { rows, losses, rejects, report } = await parseAll(ftraceText, ONE_FILE);
    expect(rejects).toEqual([]);
    expect(losses).toEqual([{ cpu: 1, count: 12, row: 2 }]);
    expect(rows.map(({ name, tid, tag }) => [name, tid, tag])).toEqual([
      ['kvm_exit', 1234, EXIT_CLASS.mmio],
      ['kvm_entry', 1234, Number.NaN],
      ['sys_enter_read', 910, 0x13],
      ['eventfd_signal', 910, 7],
      ['sys_exit_read', 910, 8],
      ['sched_switch', 910, 0],
      ['irq_handler_entry', 0, 43],
      ['block_rq_complete', 0, 142136],
    ]);
    expect(report).toMatchObject({ records: 9, unused: 1, cpus: 4, claimed: undefined, roundingNs: 500 });
  });

  it('is recognised, also when it holds nothing', () => {
    expect(ftraceText.sniff(Buffer.from(ONE_FILE))).toBe(true);
    expect(ftraceText.sniff(Buffer.from('cpus=4\n'))).toBe(true);
  });

  it('is read with the names of buffer instances before its lines', async () => {
    const text = `cpus=4
           IO io0-910   [000]   100.123500: kvm_inj_virq:         IRQ 0x26
  io:          IO io0-910   [000]   100.123600: block_rq_complete:    259,1 R () 142136 + 8 [0]
  io: CPU:0 [EVENTS DROPPED]
          IO io0-910   [000]   100.123700: block_rq_complete:    259,1 R () 142144 + 8 [0]
`;
    const { rows, rejects, losses, tasks } = await parseAll(ftraceText, text);
    expect(rejects).toEqual([]);
    expect(rows.map(({ tag }) => tag)).toEqual([0x26, 142136, 142144]);
    expect(losses).toEqual([{ cpu: 0, count: undefined, row: 2 }]);
    expect([...tasks]).toEqual([[910, { comm: 'IO io0', tgid: undefined }]]);
  });
});

describe('a report of several files', () => {
  const text = `trace-guest.dat: cpus=1
      trace.dat: cpus=4
trace-guest.dat:              qd1-151   [000]   100.123400: block_rq_issue:       254,0 RS 4096 () 142136 + 8 [qd1]
      trace.dat:        CPU 0/KVM-912   [003]   100.123413: kvm_inj_virq:         IRQ 0x26
      trace.dat: CPU:3 [9 EVENTS DROPPED]
       CPU 0/KVM-912   [003]   100.123500: kvm_inj_virq:         IRQ 0x27
trace-guest.dat: CPU:0 [5 EVENTS DROPPED]
             qd1-151   [000]   100.123600: block_rq_complete:    254,0 RS () 142136 + 8 [0]
      trace.dat:        CPU 0/KVM-912   [003]   100.123700: kvm_inj_virq:         IRQ 0x28
trace-guest.dat:              qd1-151   [000]   100.123800: block_rq_issue:       254,0 RS 4096 () 73264 + 8 [qd1]
`;

  it('is read as its first file; lines of the others are rejected by name', async () => {
    const { rows, rejects, losses } = await parseAll(ftraceText, text);
    expect(rows.map(({ name, tag }) => [name, tag])).toEqual([
      ['block_rq_issue', 142136],
      ['block_rq_complete', 142136],
      ['block_rq_issue', 73264],
    ]);
    expect(losses).toEqual([{ cpu: 0, count: 5, row: 1 }]);
    expect(new Set(rejects.map(({ reason }) => reason))).toEqual(new Set([FTRACE_REJECTS.otherRecording]));
    expect(rejects.map((reject) => reject.line)).toEqual([2, 4, 5, 6, 9]);
  });

  it('is recognised', () => {
    expect(ftraceText.sniff(Buffer.from(text))).toBe(true);
  });

  it('is not read when nothing says which files there are', async () => {
    const { rows, rejects } = await parseAll(
      ftraceText,
      text.split('\n').slice(2, 4).join('\n').concat('\n'),
    );
    expect(rows).toEqual([]);
    expect(rejects.map(({ reason }) => reason)).toEqual([
      FTRACE_REJECTS.otherRecording,
      FTRACE_REJECTS.otherRecording,
    ]);
  });
});

describe('other texts', () => {
  it.each([
    '',
    'cpus=many\n',
    'qemu-system-x86  1234 [001]   100.123456: kvm:kvm_exit: reason EPT_MISCONFIG\n',
    '2026-11-22T10:08:31.123456Z qemu: hello\n',
    '{"type":"map","data":{}}\n',
    'name: value\nother: value\n',
  ])('are not taken for tracefs text: %j', (text) => {
    expect(ftraceText.sniff(Buffer.from(text))).toBe(false);
  });

  it('are not taken for it because of a single line', () => {
    expect(ftraceText.sniff(Buffer.from(`a\nb\nc\n${ONE_FILE.split('\n')[2]}\n`))).toBe(false);
  });
});
