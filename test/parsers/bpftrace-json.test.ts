import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bpftraceJson, bpftraceJsonWithScript } from '../../parsers/bpftrace-json.ts';
import { DIRECTION, EXIT_CLASS, packRequest } from '../../parsers/event-kinds.ts';
import { parseAll } from './row-sink.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/bpftrace/${name}`, import.meta.url), 'utf8');
const maps = fixture('maps.json');
const withScript = bpftraceJsonWithScript(fixture('maps.bt'));

/** A stream with a header and one map, as iotrace's own scripts print it (synthetic). */
function own(header: string, elements: string, more = ''): string {
  const printed = JSON.stringify({ type: 'printf', data: `# iotrace events ${header}\n` });
  return `${printed}\n{"type": "map", "data": {"@e": {${elements}}}}\n${more}`;
}

describe('bpftrace JSON, recorded', () => {
  it('learns the events from the script and reads every element', async () => {
    const { rows, rejects, report } = await parseAll(withScript, maps);
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ unit: 'ns', clock: 'mono', roundingNs: 0, records: 157, unused: 0 });
    expect(rows).toHaveLength(157);
    const submit = rows.filter(({ tid }) => tid === 1612).map(({ name }) => name);
    expect(submit.join(' ')).toContain(
      'sys_enter_io_submit nvme_setup_cmd block_rq_issue sys_exit_io_submit',
    );
    expect(rows.find(({ name }) => name === 'block_rq_issue')).toMatchObject({
      tag: 73264,
      cpu: 3,
      tid: 1612,
    });
  });

  it('gives exits their class, and -1 to what the script did not record', async () => {
    const { rows } = await parseAll(withScript, maps);
    const exits = rows.filter(({ name }) => name === 'kvm_exit').map(({ tag }) => tag);
    expect(exits.filter((tag) => tag === EXIT_CLASS.mmio)).not.toHaveLength(0);
    expect(exits.filter((tag) => tag === EXIT_CLASS.halt)).not.toHaveLength(0);
    const first = (name: string) => rows.find((row) => row.name === name);
    expect(first('nvme_setup_cmd')?.aux).toBe(-1); // the queue; 0 would be the admin queue
    expect(first('kvm_vcpu_wakeup')?.aux).toBe(-1); // slept or polled
    expect(first('kvm_mmio')).toMatchObject({ tag: 0xfebfb000, aux: -1 });
    expect(first('kvm_entry')?.tag).toBeNaN();
  });

  it('tells interrupts whose handlers it could not read apart by their numbers', async () => {
    const header = 'clock=boot 30=irq_handler_entry:irq,name';
    const elements = '"5,0": [30, 7, 26, "virtio0-req.0"], "6,0": [30, 7, 26, ""], "7,0": [30, 7, 44, ""]';
    const { rows, strings } = await parseAll(bpftraceJson, own(header, elements));
    expect(rows.map(({ tag, dev }) => [tag, strings[dev]])).toEqual([
      [26, 'virtio0-req.0'],
      [26, 'irq 26'],
      [44, 'irq 44'],
    ]);
  });

  it('gives the same rows for chunks of any size', async () => {
    const whole = await parseAll(withScript, maps, 1 << 20);
    expect((await parseAll(withScript, maps, 7)).rows).toEqual(whole.rows);
  });

  it('does not guess event names', async () => {
    const { rows, rejects } = await parseAll(bpftraceJson, maps);
    expect(rows).toEqual([]);
    expect(rejects).toHaveLength(157);
    expect(rejects[0]).toMatchObject({ line: 2 });
    expect(rejects[0]?.reason).toMatch(/^no event names/);
  });
});

describe('bpftrace JSON with a header', () => {
  it('reads the fields that the header names', async () => {
    const { rows, report, tasks } = await parseAll(
      bpftraceJson,
      own(
        'clock=mono 1=kvm_exit:exit_reason,isa 2=block_rq_issue:dev,sector,nr_sector,rwbs,comm 3=sys_exit_ppoll:ret 4=nothing:x',
        '"18446744073709551000,3": [2,7,271581184,142136,8,"WS","dd"], "5,0": [1,7,48,2], "6,0": [1,7,48,1], ' +
          '"7,0": [3,7,18446744073709551615], "8,0": [4,7,1]',
        '{"type": "map", "data": {"@fired": {"1": 2, "2": 1, "3": 1, "4": 5}}}\n',
      ),
    );
    expect(report).toMatchObject({ clock: 'mono', claimed: 9, unused: 1 });
    expect(rows).toEqual([
      {
        ...{ name: 'block_rq_issue', sec: 18446744073, nsec: 709551000, cpu: 3, tid: 7 },
        ...{ dev: (259 << 20) | 0, tag: 142136, aux: packRequest(8, DIRECTION.write) },
      },
      { name: 'kvm_exit', sec: 0, nsec: 5, cpu: 0, tid: 7, dev: 0, tag: EXIT_CLASS.other, aux: 0 },
      { name: 'kvm_exit', sec: 0, nsec: 6, cpu: 0, tid: 7, dev: 0, tag: EXIT_CLASS.mmio, aux: 0 },
      { name: 'sys_exit_ppoll', sec: 0, nsec: 7, cpu: 0, tid: 7, dev: 0, tag: -1, aux: 0 },
    ]);
    expect(tasks.get(7)?.comm).toBe('dd');
  });

  it('keeps 64-bit keys: pointers by their low 48 bits, large numbers not at all', async () => {
    const { rows } = await parseAll(
      bpftraceJson,
      own(
        'clock=boot 1=virtqueue_push:elem 2=block_rq_issue:sector',
        '"1,0": [1,7,18446612684321499656], "2,0": [2,7,9007199254740991], "3,0": [2,7,9007199254740993]',
      ),
    );
    expect(rows.map(({ tag }) => tag)).toEqual([
      Number(18446612684321499656n & 0xffffffffffffn),
      9007199254740991,
      Number.NaN,
    ]);
  });

  it('passes on losses, and printed events', async () => {
    const text = `${own('clock=mono 1=kvm_entry', '"1,0": [1,7]')}{"type": "lost_events", "data": {"events": 12}}
{"type": "printf", "data": "5 0 7 irqfd_wakeup\\n"}
`;
    const { losses, rows, report } = await parseAll(bpftraceJson, text);
    expect(losses).toEqual([{ cpu: -1, count: 12, row: 1 }]);
    expect(rows.map(({ name }) => name)).toEqual(['kvm_entry', 'irqfd_wakeup']);
    expect(report.records).toBe(3);
  });
});

describe('bpftrace JSON, damaged or foreign', () => {
  it('names what it cannot use and goes on', async () => {
    const text = own(
      'clock=mono 1=kvm_entry 2=sys_enter_read:fd',
      '"1,0": [1], "2,0": ["x",7], "3,0": [1,[7]], "4,99999": [1,7], "x": [1,2], "5,0": [9,7], "6,0": [2,7,1.5], "7,0": [1,7]',
    );
    const { rows, rejects, report } = await parseAll(bpftraceJson, text);
    expect(rows).toMatchObject([{ name: 'kvm_entry', nsec: 7 }]);
    expect(rejects.map(({ reason }) => reason.split(':')[0])).toEqual([
      ...['a map element of another form than nsecs,cpu', 'a map element of another form than nsecs,cpu'],
      'a map element of another form than nsecs,cpu',
      'an event id that neither the header nor the script names',
      'a value is not a number',
    ]);
    expect(report.unused).toBe(2);
  });

  it('keeps what stands before a cut', async () => {
    const { rows, rejects } = await parseAll(withScript, maps.slice(0, 2000));
    expect(rows.length).toBeGreaterThan(50);
    expect(rejects.map(({ reason }) => reason)).toEqual(['JSON ends in the middle']);
  });

  it('refuses a header it cannot read', async () => {
    const { rejects } = await parseAll(bpftraceJson, own('clock=sundial 1=kvm_entry', '"1,0": [1,7]'));
    expect(rejects[0]).toMatchObject({ reason: 'a header line that is not well-formed', line: 1 });
  });

  it('recognises its own records only', () => {
    const sniff = (text: string) => bpftraceJson.sniff(new TextEncoder().encode(text));
    expect(sniff(maps)).toBe(true);
    expect(sniff('WARNING: x\n{"type":"attached_probes","data":{"probes":30,"count":1}}\n')).toBe(true);
    expect(sniff('{"fio version" : "fio-3.29"}')).toBe(false);
    expect(sniff('')).toBe(false);
  });
});
