import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DIRECTION, EXIT_CLASS, packRequest } from '../../parsers/event-kinds.ts';
import { perfData } from '../../parsers/perf-data.ts';
import { perfScript } from '../../parsers/perf-script.ts';
import { parseAll, type Row } from './row-sink.ts';

const packed = (name: string) => readFileSync(new URL(`../fixtures/perf-data/${name}`, import.meta.url));
const fixture = (name: string) => gunzipSync(packed(name));

function countNames(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of rows) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Samples by cpumode: 4 and 5 are taken while the CPU ran a guest. */
function guestSamples(file: Buffer): number {
  const start = Number(file.readBigUInt64LE(40));
  const end = start + Number(file.readBigUInt64LE(48));
  let count = 0;
  for (let at = start; at < end; at += file.readUInt16LE(at + 6)) {
    if (file.readUInt32LE(at) === 9 && (file.readUInt16LE(at + 4) & 7) >= 4) count += 1;
  }
  return count;
}

describe('perf.data of Linux 6.12, 15 requests through virtio-blk', () => {
  const file = fixture('vblk-aio-poll0-6.12.data.gz');

  it('reads every sample, those in guest mode too, and every point of every request', async () => {
    const { rows, report, rejects, losses } = await parseAll(perfData, file);
    expect(rejects).toEqual([]);
    expect(losses).toEqual([]);
    expect(report).toEqual({
      unit: 'ns',
      roundingNs: 0,
      clock: 'mono',
      records: 1566,
      unused: 333,
      claimed: undefined,
      overwritten: undefined,
      cpus: 4,
    });
    expect(guestSamples(file)).toBeGreaterThan(0);
    expect(countNames(rows)).toMatchObject({
      kvm_mmio: 15,
      ioeventfd_write: 15,
      eventfd_signal_mask: 30,
      sys_enter_io_submit: 15,
      block_rq_issue: 15,
      nvme_setup_cmd: 15,
      irq_handler_entry: 15,
      nvme_sq: 15,
      nvme_complete_rq: 15,
      block_rq_complete: 15,
      eventfd_write: 15,
      irqfd_wakeup: 15,
      kvm_arch_set_irq_inatomic: 15,
      kvm_msi_set_irq: 15,
    });
    expect(rows.length).toBe(696);
  });

  it('fills the columns of a request from its first point to its last', async () => {
    const { rows, strings } = await parseAll(perfData, file);
    const issue = rows.find(({ name }) => name === 'block_rq_issue')!;
    const same = rows.filter(({ tag, name }) => tag === issue.tag && name.startsWith('block_'));
    expect(same.map(({ name }) => name).sort()).toEqual([
      'block_bio_queue',
      'block_getrq',
      'block_io_done',
      'block_io_start',
      'block_rq_complete',
      'block_rq_issue',
    ]);
    expect(issue.dev).toBe((259 << 20) | 0);
    expect(issue.aux).toBe(packRequest(8, DIRECTION.read));
    expect([...new Set(rows.filter(({ name }) => name === 'kvm_exit').map(({ tag }) => tag))].sort()).toEqual(
      [EXIT_CLASS.other, EXIT_CLASS.mmio, EXIT_CLASS.halt, EXIT_CLASS.interrupt],
    );
    const tags = (wanted: string) => rows.filter(({ name }) => name === wanted).map(({ tag }) => tag);
    expect(tags('kvm_mmio')).toEqual(tags('ioeventfd_write'));
    expect(new Set(tags('kvm_mmio'))).toEqual(new Set([0xfebfb000]));
    for (const { name, dev, tag } of rows) {
      if (name === 'irq_handler_entry') expect(strings[dev]).toMatch(/^nvme0q\d$/);
      if (name === 'eventfd_read' || name === 'eventfd_write') expect(tag).toBeLessThan(10);
      if (name === 'nvme_sq') expect(tag).toBeNaN();
    }
  });
});

describe.each(['5.10', '7.2'])('perf.data of perf %s', (version) => {
  it('gives the rows of what that perf prints of it', async () => {
    const ours = await parseAll(perfData, fixture(`dd-${version}.data.gz`));
    const text = readFileSync(new URL(`../fixtures/perf-script/dd-${version}.txt`, import.meta.url));
    const perfs = await parseAll(perfScript, text);
    expect([ours.rejects, perfs.rejects]).toEqual([[], []]);
    expect(ours.rows).toEqual(perfs.rows);
    expect(countNames(ours.rows)).toMatchObject({ block_rq_issue: 24 });
    expect(ours.report).toMatchObject({ clock: 'mono', unit: 'ns' });
  });
});

describe('perf.data of Linux 6.12, as a whole', () => {
  const file = fixture('vblk-aio-poll0-6.12.data.gz');

  it('pairs every NVMe command with its completion by controller, queue and command id', async () => {
    const { rows } = await parseAll(perfData, file);
    const key = ({ dev, tag, aux }: Row) => `${dev} ${tag} ${aux}`;
    const named = (name: string) =>
      rows
        .filter((row) => row.name === name)
        .map(key)
        .sort();
    expect(named('nvme_setup_cmd')).toEqual(named('nvme_complete_rq'));
  });

  it('names threads by the last name they took, with their process', async () => {
    const { tasks, rows } = await parseAll(perfData, file);
    expect(tasks.get(1981)).toEqual({ comm: 'IO io0', tgid: 1975 });
    expect(tasks.get(1985)).toEqual({ comm: 'CPU 0/KVM', tgid: 1975 });
    expect(tasks.get(0)).toEqual({ comm: 'swapper', tgid: 0 });
    for (const { tid } of rows) expect(tasks.has(tid)).toBe(true);
  });

  it('does not depend on how the stream is cut into chunks', async () => {
    const whole = await parseAll(perfData, file, file.length);
    expect(await parseAll(perfData, file, 4097)).toEqual(whole);
    expect(await parseAll(perfData, file, 61)).toEqual(whole);
  });
});

describe('perf.data of Linux 6.1 against the text that perf prints of it', () => {
  it('gives the same rows as the text, to the nanosecond', async () => {
    const binary = await parseAll(perfData, fixture('vblk-aio-6.1.data.gz'));
    const text = await parseAll(
      perfScript,
      readFileSync(new URL('../fixtures/perf-script/vblk-aio-6.1.txt', import.meta.url)),
    );
    const byTime = ({ rows, strings }: typeof binary) =>
      rows
        .map((row) => ({ ...row, dev: row.name === 'irq_handler_entry' ? strings[row.dev] : row.dev }))
        .sort((a, b) => a.sec - b.sec || a.nsec - b.nsec || a.cpu - b.cpu);
    expect(byTime(binary)).toEqual(byTime(text));
    expect(binary.rows.length).toBe(93);
    expect(binary.report.unused).toBe(text.report.unused);
    expect(binary.rejects).toEqual([]);
  });
});

describe('perf.data in its other forms', () => {
  it('reads compressed records', async () => {
    const { rows, report, rejects } = await parseAll(perfData, fixture('dd-compressed.data.gz'));
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ clock: 'mono', records: 401, cpus: 2 });
    expect(countNames(rows)).toEqual({
      block_rq_issue: 98,
      sched_switch: 89,
      sys_enter_write: 100,
      sys_exit_write: 100,
    });
  });

  it.each([
    ['dd-pipe.data.gz', 37, 64],
    ['dd-pipe-compressed.data.gz', 97, 6],
  ])('reads a pipe: %s', async (name, completions, switches) => {
    const { rows, report, rejects } = await parseAll(perfData, fixture(name));
    expect(rejects).toEqual([]);
    expect(report).toMatchObject({ clock: 'mono', cpus: 2, unused: 0 });
    expect(countNames(rows)).toEqual({
      block_rq_issue: 97,
      block_rq_complete: completions,
      sched_switch: switches,
      sys_enter_write: 100,
      sys_exit_write: 100,
    });
  });

  it('passes over callchains, whose length differs from sample to sample', async () => {
    const { rows, report, rejects } = await parseAll(perfData, fixture('dd-callchains.data.gz'));
    expect(rejects).toEqual([]);
    expect(report.unused).toBe(16);
    expect(countNames(rows)).toEqual({
      block_rq_issue: 23,
      block_rq_complete: 1,
      sys_enter_write: 26,
      sys_exit_write: 26,
    });
    const written = rows.filter(({ name, tag }) => name === 'sys_exit_write' && tag === 4096);
    expect(written.length).toBe(23);
  });

  it('reads a single event, whose samples carry no id', async () => {
    const { rows, report, rejects } = await parseAll(perfData, fixture('dd-one-event.data.gz'));
    expect(rejects).toEqual([]);
    expect(report.clock).toBe('local');
    expect(countNames(rows)).toEqual({ block_rq_issue: 29 });
  });

  it('counts every lost event once: in its place, and at the end what no record told', async () => {
    const { rows, losses, rejects } = await parseAll(perfData, fixture('dd-lost.data.gz'));
    expect(rejects).toEqual([]);
    expect(rows.length).toBe(1248);
    // perf's own sum of LOST_SAMPLES; the 15 LOST records make 10,001 of it.
    expect(losses.reduce((sum, { count }) => sum + count!, 0)).toBe(10_783);
    expect(losses.length).toBe(16);
    expect(new Set(losses.map(({ cpu }) => cpu))).toEqual(new Set([1]));
    expect(losses.at(-1)).toEqual({ cpu: 1, count: 782, row: 1248 });
  });
});

describe('recognising perf.data', () => {
  it('goes by the magic number, of the other byte order and the old version too', () => {
    const sniff = (text: string) => perfData.sniff(new TextEncoder().encode(text));
    expect(['PERFILE2', '2ELIFREP', 'PERFFILE', 'ELIFFREP'].map(sniff)).toEqual([true, true, true, true]);
    expect(['PERFILE', '', '# tracer: nop', 'PERFILE3'].map(sniff)).toEqual([false, false, false, false]);
  });
});
