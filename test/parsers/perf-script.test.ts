import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIRECTION, packRequest } from '../../parsers/event-kinds.ts';
import { FORMATS } from '../../parsers/formats.ts';
import { perfScript } from '../../parsers/perf-script.ts';
import { parseAll } from './row-sink.ts';

const recorded = readFileSync(new URL('../fixtures/perf-script/vblk-aio-6.1.txt', import.meta.url));
const read = (text: string) => parseAll(perfScript, text);
const reasons = async (text: string) => (await read(text)).rejects.map(({ reason }) => reason);

describe('perf script, recorded', () => {
  it('reads every line', async () => {
    const { rows, report, rejects } = await parseAll(perfScript, recorded);
    expect(rejects).toEqual([]);
    expect(report).toEqual({ unit: 'ns', roundingNs: 0, clock: 'unknown', records: 129, unused: 36 });
    expect(rows.length).toBe(93);
    expect(await parseAll(perfScript, recorded, 7)).toEqual(await parseAll(perfScript, recorded));
  });

  it('reads requests, and NVMe commands that perf could not print', async () => {
    const { rows } = await read(
      `          IO io0  1981 [001]   661.578063483:               block:block_io_start: 259,0 R 4096 () 142136 + 8 0x2,0,4 [IO io0]
          IO io0  1981 [001]   661.578333378:                nvme:nvme_setup_cmd: [FAILED TO PARSE] disk=nvme0n1 ctrl_id=0 qid=4 opcode=2 flags=0 fctype=1 cid=24768 nsid=1 metadata=0 cdw10=ARRAY[38, 2b]
          IO io0  1981 [001]   661.578656112:                       nvme:nvme_sq: [FAILED TO PARSE] ctrl_id=0 disk=nvme0n1 qid=4 sq_head=727 sq_tail=727
       CPU 0/KVM  1985 [001]   661.138897370:            iot:eventfd_signal_mask: (ffffffff814bdb84) ctx=0xffff88810fd7ad00 id=9
 qemu-system-x86  1975 [002]   661.085354163:             syscalls:sys_exit_read: 0x8
         swapper     0 [002]   661.094348671:              irq:irq_handler_entry: irq=36 name=virtio2-requests
`,
    );
    const place = (cpu: number, tid: number) => ({ cpu, tid, sec: 661 });
    expect(rows).toEqual([
      {
        name: 'block_io_start',
        ...place(1, 1981),
        nsec: 578_063_483,
        dev: 259 << 20,
        tag: 142_136,
        aux: packRequest(8, DIRECTION.read),
      },
      { name: 'nvme_setup_cmd', ...place(1, 1981), nsec: 578_333_378, dev: 0, tag: 24_768 & 0xfff, aux: 4 },
      { name: 'nvme_sq', ...place(1, 1981), nsec: 578_656_112, dev: 0, tag: Number.NaN, aux: 4 },
      { name: 'eventfd_signal_mask', ...place(1, 1985), nsec: 138_897_370, dev: 0, tag: 9, aux: 0 },
      { name: 'sys_exit_read', ...place(2, 1975), nsec: 85_354_163, dev: 0, tag: 8, aux: 0 },
      { name: 'irq_handler_entry', ...place(2, 0), nsec: 94_348_671, dev: 1, tag: 36, aux: 0 },
    ]);
  });

  it('is recognised as what it is, and nothing else is', () => {
    const formatOf = (text: string) => FORMATS.find((format) => format.sniff(Buffer.from(text)))?.name;
    expect(formatOf(recorded.toString())).toBe('perf script');
    const callchain = `dd  6385 [001]  1623.746273:  syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffda7143778, count: 0x00000340
\t           20b74 __GI___read_nocancel+0x4 (/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2)
\t               0 [unknown] ([unknown])

`;
    expect(formatOf(callchain)).toBe('perf script');
    expect(
      formatOf(
        '             qd1-151     [000] d.h1.    38.875870: vring_interrupt: (vring_interrupt+0x0/0xd0) irq=25\n',
      ),
    ).toBe('tracefs text');
    expect(formatOf('       dd  6385 [001]\nnothing here: at all\n')).toBeUndefined();
    expect(formatOf('PERFILE2')).toBe('perf.data');
  });

  /** Printed by perf 6.1 with --show-task-events, --show-switch-events and --show-round-events. */
  const RECORDS = `         swapper     0 [000]     0.000000: PERF_RECORD_FORK(1:1):(0:0)
     process_api     0 [000]     0.000000: PERF_RECORD_COMM: process_api:1/1
PERF_RECORD_FINISHED_ROUND
`;
  it('takes the records beside the samples for what they are, also where a file begins with nothing else', async () => {
    expect(FORMATS.find((format) => format.sniff(Buffer.from(RECORDS.repeat(500))))).toBe(perfScript);
    const call = `            perf 14921 [001] 15621.798946:  syscalls:sys_enter_read: fd: 0x00000043, buf: 0x7ffd, count: 0x00000fff\n`;
    const { rows, rejects } = await read(`${RECORDS}${call}${RECORDS}${call}`);
    expect(rows.map(({ name }) => name)).toEqual(['sys_enter_read', 'sys_enter_read']);
    expect(rejects).toEqual([]);
  });
});

/** Lines that `perf script -F …` of perf 6.1 printed of recordings of `dd`. */
describe('perf script, other fields', () => {
  const all = { cpu: 0xffff, tid: 0xffffffff, tgid: undefined, comm: '' };
  it.each([
    [
      '-F pid,tid,time',
      ' 6389/6389   1625.267897:  syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffcb3ba6768, count: 0x00000340',
      { ...all, tid: 6389, tgid: 6389 },
    ],
    [
      '-F time',
      ' 1625.267897:  syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffcb3ba6768, count: 0x00000340',
      all,
    ],
    [
      '-F comm,time',
      '              dd  1625.267897:  syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffcb3ba6768, count: 0x00000340',
      { ...all, comm: 'dd' },
    ],
    [
      '-F comm,cpu,time',
      '              dd [001]  1625.267897:  syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffcb3ba6768, count: 0x00000340',
      { ...all, comm: 'dd', cpu: 1 },
    ],
    [
      '-F +pid',
      '       CPU 0/KVM  7856/7867  [002]  1123.335957:            kvm:kvm_entry: vcpu 0, rip 0xffffffff810fb9f1',
      { comm: 'CPU 0/KVM', tid: 7867, tgid: 7856, cpu: 2 },
    ],
    [
      '-F +misc,+flags',
      '       CPU 0/KVM  7867 [002] K      1123.335957:            kvm:kvm_entry:                         vcpu 0, rip 0xffffffff810fb9f1',
      { ...all, comm: 'CPU 0/KVM', tid: 7867, cpu: 2 },
    ],
    [
      '-F +period',
      'dd  6385  1623.745722:          1   syscalls:sys_enter_read: fd: 0x00000003, buf: 0x7ffda7143778, count: 0x00000340',
      { ...all, comm: 'dd', tid: 6385 },
    ],
  ])('%s', async (_, line, { cpu, tid, tgid, comm }) => {
    const { rows, rejects, tasks, report } = await read(`${line}\n`);
    expect(rejects).toEqual([]);
    expect(rows).toMatchObject([{ cpu, tid }]);
    expect(tasks.get(tid)).toEqual({ comm, tgid });
    // Cut off to microseconds: up to 1,000 ns too early.
    expect(report.roundingNs).toBe(1000);
  });

  it('counts software events as unused, and takes losses where they are told', async () => {
    const { rows, losses, report, rejects } = await read(`# ========
# captured on    : Sun Nov 22 13:57:04 2026
#
dd  6385  1623.745722799:     250000                cpu-clock: 
\t           1487a get_common_indices.constprop.0+0x7a (/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2)

dd  6385 [001]  1623.745474000: PERF_RECORD_COMM exec: dd:6385/6385
dd  6385 [001]  1623.790643399: PERF_RECORD_LOST lost 86
dd  6385  1623.807609631: PERF_RECORD_LOST lost 15
dd  6385 [001]  1623.746278818:   syscalls:sys_exit_read: 0x340
`);
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ records: 5, unused: 1 });
    expect(losses).toEqual([
      { cpu: 1, count: 86, row: 0 },
      { cpu: -1, count: 15, row: 0 },
    ]);
    expect(rows).toMatchObject([{ name: 'sys_exit_read', tag: 0x340 }]);
  });

  it('keeps a thread’s name where perf has none for it on some lines', async () => {
    const { tasks } =
      await read(`       CPU 0/KVM  1985 [000]   661.932398696:     kvm:kvm_entry: vcpu 0, rip 0xffffffff81d0fa3f
           :1985  1985 [000]   661.932398700:     kvm:kvm_entry: vcpu 0, rip 0xffffffff81d0fa3f
           :1999  1999 [000]   661.932398800:     kvm:kvm_entry: vcpu 0, rip 0xffffffff81d0fa3f
`);
    expect(tasks.get(1985)?.comm).toBe('CPU 0/KVM');
    expect(tasks.get(1999)?.comm).toBe('');
  });
});

describe('perf script, SYNTHETIC', () => {
  const entry = 'kvm:kvm_entry: vcpu 3, rip 0xffffffff81d0fa3f';

  it.each([
    ['1 [000] 2.5:', '1 [000] 2.5:'],
    ['x 9 1.000000: y', 'x 9 1.000000: y'],
    ['] 1.000000:', '] 1.000000:'],
    ['a:b: c', 'a:b: c'],
  ])('a name that looks like columns: %s', async (name, comm) => {
    const { rows, tasks } = await read(`${name.padStart(16)}  1985 [001]   661.932398:     ${entry}\n`);
    expect(rows).toMatchObject([{ tid: 1985, cpu: 1, sec: 661, nsec: 932_398_000, dev: 3 }]);
    expect(tasks.get(1985)?.comm).toBe(comm);
  });

  it('is not led astray by arguments that look like columns', async () => {
    const line = `d  1 [000]  1.000000:  irq:irq_handler_entry: irq=1 name=x 7 [003] 2.000000: kvm:kvm_entry: vcpu 9\n`;
    const { rows, strings } = await read(line);
    expect(rows).toMatchObject([{ name: 'irq_handler_entry', tid: 1, sec: 1 }]);
    expect(strings[1]).toBe('x 7 [003] 2.000000: kvm:kvm_entry: vcpu 9');
  });

  it('gives a task that is gone the thread -1', async () => {
    expect((await read(`             :-1    -1 [001]   661.932398:     ${entry}\n`)).rows).toMatchObject([
      { tid: 0xffffffff },
    ]);
  });

  it.each([
    ['hello world', 'not a line of perf script'],
    ['dd  1 [001] 12345678901234.000000: a:b: c', 'not a line of perf script'],
    ['dd  1 [70000] 1.000000: a:b: c', 'not a line of perf script'],
    ['dd  1 [001] 1.0000: a:b: c', 'not a line of perf script'],
    ['dd  1 [001] 1.000000: nothing that ends in a colon', 'no event name behind the time'],
    ['dd  1 [001] 1.000000: :: x', 'no event name behind the time'],
    ['dd  1 [001] 1.000000: kvm:kvm_exit: nonsense', 'arguments of a known event not understood'],
    [`${'x'.repeat(70_000)}`, 'line longer than 64 KiB'],
  ])('rejects %s', async (line, reason) => {
    expect(await reasons(`${line}\n`)).toEqual([reason]);
  });

  it('says that the last line is cut', async () => {
    expect(await reasons(`dd  1 [001] 1.000000: ${entry}`)).toEqual(['last line is cut short']);
  });
});
