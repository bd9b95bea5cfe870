import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bpftraceText, bpftraceTextWithScript } from '../../parsers/bpftrace-text.ts';
import { DIRECTION, EXIT_CLASS, packRequest } from '../../parsers/event-kinds.ts';
import { parseAll } from './row-sink.ts';

const recorded = readFileSync(new URL('../fixtures/bpftrace/host.bt.out', import.meta.url), 'utf8');

describe('bpftrace text, recorded', () => {
  it('reads every line, in the order of the file', async () => {
    const { rows, rejects, report } = await parseAll(bpftraceText, recorded);
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ unit: 'ns', clock: 'boot', roundingNs: 0, unused: 0 });
    expect(report.records).toBe(3 + 2 + 70 + 4); // attaching, two remarks; two exits, seventy events, four events
    const printed = rows.filter(({ name }) => name !== 'kvm_entry');
    expect(printed).toHaveLength(76);
    expect(
      printed.some(
        (row, at) => at > 0 && row.nsec < printed[at - 1]!.nsec && row.sec === printed[at - 1]!.sec,
      ),
    ).toBe(true);
  });

  it('puts values into the columns', async () => {
    const { rows } = await parseAll(bpftraceText, recorded);
    const at = (nsec: number) => rows.find((row) => row.nsec === nsec);
    expect(at(303000839)).toEqual({
      ...{ name: 'block_rq_issue', sec: 1720, nsec: 303000839, cpu: 1, tid: 12752 },
      ...{ dev: 259 << 20, tag: 312136, aux: packRequest(8, DIRECTION.other) },
    });
    expect(at(302219487)).toMatchObject({
      name: 'blk_aio_preadv',
      tag: 312136,
      aux: packRequest(0, DIRECTION.read),
    });
    expect(at(302967308)).toMatchObject({ name: 'nvme_setup_cmd', dev: 0, tag: 37120 & 0xfff, aux: 4 });
    expect(at(301038495)).toMatchObject({ name: 'kvm_mmio', tag: 0xfebfb000, aux: 1 });
    expect(at(306044934)).toMatchObject({ name: 'kvm_msi_set_irq', dev: 0, tag: 0x26 });
    expect(at(306096922)).toMatchObject({ name: 'kvm_apic_accept_irq', dev: 0, tag: 38 });
    expect(at(306226147)).toMatchObject({ name: 'kvm_vcpu_wakeup', tag: 1250185, aux: 1 });
    expect(at(305151575)).toMatchObject({ name: 'eventfd_signal', tag: 8 });
    expect(at(302736042)?.name).toBe('sys_enter_io_submit');
    expect(at(303061880)).toMatchObject({ name: 'sys_exit_io_submit', tag: 1 });
  });

  it('makes an entry of the time that an exit carries', async () => {
    const { rows } = await parseAll(bpftraceText, recorded);
    const exit = rows.findIndex(({ nsec }) => nsec === 300922772);
    expect(rows[exit]).toMatchObject({ name: 'kvm_exit', tag: EXIT_CLASS.mmio });
    expect(rows[exit + 1]).toMatchObject({
      name: 'kvm_entry',
      sec: 1720,
      nsec: 300324755,
      cpu: 2,
      tid: 12757,
    });
    const exits = rows.filter(({ name }) => name === 'kvm_exit').length;
    expect(rows.filter(({ name }) => name === 'kvm_entry')).toHaveLength(exits - 2); // the first two print entry=0
  });
});

describe('bpftrace text, other lines (synthetic)', () => {
  it('counts an entry that two exits print once', async () => {
    const { rows } = await parseAll(
      bpftraceText,
      '30 1 5 kvm_exit 0x1 entry=20\n40 1 5 kvm_exit 0xc entry=20\n',
    );
    expect(rows.map(({ name, tag }) => [name, tag])).toEqual([
      ['kvm_exit', EXIT_CLASS.interrupt],
      ['kvm_entry', Number.NaN],
      ['kvm_exit', EXIT_CLASS.halt],
    ]);
  });

  it('reports losses where they stand, and leaves maps and unknown events out', async () => {
    const { losses, rows, report } = await parseAll(
      bpftraceText,
      '1 0 5 irqfd_wakeup\nLost 23 events\n2 0 5 my_own_event 7\n\n@map[1]: 2\n3 0 5 irqfd_wakeup\n',
    );
    expect(losses).toEqual([{ cpu: -1, count: 23, row: 1 }]);
    expect(rows).toHaveLength(2);
    expect(report).toMatchObject({ records: 5, unused: 2 });
  });

  it('takes names of values from a header or the line', async () => {
    const { rows, report } = await parseAll(
      bpftraceText,
      '# iotrace events clock=mono nvme_sq:qid kvm_exit:isa,exit_reason\n1 0 5 nvme_sq 3\n2 0 5 kvm_exit 1 48\n3 0 5 kvm_fast_mmio gpa=0xfe003000 constructor=1 __proto__=2\n',
    );
    expect(report.clock).toBe('mono');
    expect(rows.map(({ tag, aux }) => [tag, aux])).toEqual([
      [Number.NaN, 3],
      [EXIT_CLASS.mmio, 0],
      [0xfe003000, 0],
    ]);
  });

  it('takes the clock from the script', async () => {
    const clock = async (script: string) => (await parseAll(bpftraceTextWithScript(script), '')).report.clock;
    expect(await clock('kprobe:x { printf("%llu", nsecs(monotonic)); }')).toBe('mono');
    expect(await clock('kprobe:x { printf("%llu", nsecs); }')).toBe('boot');
    expect(await clock('kprobe:x { printf("%llu", nsecs(constructor)); }')).toBe('boot');
  });

  it.each([
    ['5 27061 0 irqfd_wakeup', 'not a line of the form: nsecs cpu tid name'],
    ['5 0 irqfd_wakeup', 'not a line of the form: nsecs cpu tid name'],
    ['184467440737095516150 0 1 irqfd_wakeup', 'not a line of the form: nsecs cpu tid name'],
    ['hello', 'not a line of the form: nsecs cpu tid name'],
    ['5 0 1 block_rq_issue 1 many 8', 'a value is not a number'],
  ])('rejects %s', async (line, reason) => {
    const { rows, rejects } = await parseAll(bpftraceText, `${line}\n6 0 1 irqfd_wakeup\n`);
    expect(rejects).toEqual([{ reason, offset: 0, line: 1 }]);
    expect(rows).toHaveLength(1);
  });

  it('does not trust an event without its line end', async () => {
    const { rows, rejects } = await parseAll(bpftraceText, '6 0 1 block_rq_issue 1 1421');
    expect(rows).toEqual([]);
    expect(rejects[0]?.reason).toMatch(/may be cut/);
  });

  it('recognises its own lines only', () => {
    const sniff = (text: string) => bpftraceText.sniff(new TextEncoder().encode(text));
    expect(sniff(recorded)).toBe(true);
    expect(sniff('1155844722959 27061 0 blk_aio_preadv off=17408\n')).toBe(false); // tid before cpu
    expect(sniff('0 142136 12701922893 12714390014 38762404344 38794752764\n')).toBe(false);
    expect(sniff('1978163729643 cpu0 tid4139 sys_enter_preadv2 fd=3 flags=0\n')).toBe(false);
  });
});
