/** Hardware counts by vendor. The outputs are drawn after perf's documented formats and event tables; no PMU gave them. */
import { describe, expect, it } from 'vitest';
import { parsePerfStat, sniffPerfStat } from '../../parsers/facts/perf-stat.ts';
import { memoryAccesses } from '../../src/stats/memory-accesses.ts';

const csv = (...rows: readonly (readonly [string, string | number, number?])[]) =>
  rows.map(([event, value, percent = 100]) => `${value},,${event},608704,${percent.toFixed(2)},,\n`).join('');

const of = (text: string, requests = 100) =>
  memoryAccesses({ perfCounts: parsePerfStat(text).data }, requests)!;

describe('hardware counts', () => {
  const l3 = 'mem_load_l3_miss_retired';
  const fills = 'ls_dmnd_fills_from_sys';
  it.each<[string, string, RegExp, number | null, number]>([
    [
      'Intel SKX',
      csv([`${l3}.local_dram`, 5000], [`${l3}.remote_dram`, 900], [`${l3}.remote_fwd`, 100]),
      /L3/,
      50,
      10,
    ],
    [
      'Intel ICX',
      csv(['ocr.reads_to_core.local_dram', 700], ['ocr.reads_to_core.remote_dram', 300]),
      /reads_to_core/,
      7,
      3,
    ],
    [
      'Intel SPR',
      csv(['cpu/ocr.demand_data_rd.local_dram/u', 200], ['cpu/ocr.demand_data_rd.remote_dram/u', 50]),
      /demand/,
      2,
      0.5,
    ],
    [
      'AMD Zen 2',
      csv(
        ['ls_refills_from_sys.ls_mabresp_lcl_dram', 10],
        ['ls_refills_from_sys.ls_mabresp_lcl_cache', 5],
        ['ls_refills_from_sys.ls_mabresp_rmt_dram', 40],
      ),
      /Zen 2/,
      0.15,
      0.4,
    ],
    ['AMD Zen 3', csv([`${fills}.mem_io_local`, 1000], [`${fills}.mem_io_remote`, 2000]), /Zen 3/, 10, 20],
    ['AMD Zen 4', csv([`${fills}.dram_io_near`, 300], [`${fills}.dram_io_far:u`, 100]), /Zen 3 to 5/, 3, 1],
    [
      'AMD Zen 5',
      csv(['ls_any_fills_from_sys.dram_io_near', 300], ['ls_any_fills_from_sys.far_cache', 10]),
      /all fills/,
      3,
      0.1,
    ],
    ['Arm Neoverse', csv(['remote_access', 250]), /Arm/, null, 2.5],
    ['generic', csv(['node-loads', 400], ['node-load-misses', 100]), /generic/, 4, 1],
  ])('%s', (_, text, family, local, remote) => {
    expect(sniffPerfStat(text)).toBe(true);
    const found = of(text);
    expect(found.family).toMatch(family);
    expect(found.localPerRequest).toBe(local);
    expect(found.remotePerRequest).toBe(remote);
  });

  it('are given by thread and node, in both output forms', () => {
    const json = (thread: string, event: string, value: string) =>
      `{"thread" : "${thread}", "counter-value" : "${value}", "unit" : "", "event" : "${event}", "event-runtime" : 608704, "pcnt-running" : 50.00, "metric-value" : 0.000000, "metric-unit" : ""}\n`;
    const text =
      '# started on Tue Nov 24 16:16:18 2026\n\n' +
      json('CPU 0/KVM-5301', 'node-loads', '100.000000') +
      json('CPU 0/KVM-5301', 'node-load-misses', '0.000000') +
      json('IO io0-5299', 'node-loads', '10.000000') +
      json('IO io0-5299', 'node-load-misses', '90.000000');
    expect(sniffPerfStat(text)).toBe(true);
    const found = of(text);
    expect(found.by).toEqual([
      { who: 'CPU 0/KVM-5301', local: 1, remote: 0 },
      { who: 'IO io0-5299', local: 0.1, remote: 0.9 },
    ]);
    expect(found.notes.join()).toContain('multiplexed: counted during 50.0 % of the time at least');
    const nodes = of('N0,2,100,,node-loads,608704,100.00,,\nN1,2,300,,node-load-misses,608704,100.00,,\n');
    expect(nodes.by.map(({ who }) => who)).toEqual(['N0', 'N1']);
    expect(nodes.by[1]).toEqual({ who: 'N1', local: null, remote: 3 });
  });

  it('sum over intervals, and keep events with commas whole', () => {
    const { data } = parsePerfStat(
      '     1.000124,500,,cpu/event=0xd3,umask=0x1/,608704,100.00,,\n     2.000124,7,,cpu/event=0xd3,umask=0x1/,608704,25.00,,\n',
    );
    expect(data).toEqual([
      { who: '', event: 'cpu/event=0xd3,umask=0x1/', count: 507, state: 'counted', runningShare: 0.25 },
    ]);
  });

  // As perf 6.1 really wrote it on a machine without a PMU.
  const NONE =
    'bash-5778,<not supported>,,node-loads,0,100.00,,\nbash-5778,<not supported>,,node-load-misses,0,100.00,,\nbash-5778,<not counted>,msec,task-clock,0,100.00,,\n';

  it('say that there are none on a machine without a PMU, and never 0', () => {
    expect(of(NONE)).toEqual({
      family: null,
      localPerRequest: null,
      remotePerRequest: null,
      by: [],
      notes: [
        'no hardware counts (node-loads not supported, node-load-misses not supported): hops are counted in software only',
      ],
    });
    expect(of(csv(['instructions', 5])).notes[0]).toContain('no event that tells local from remote');
    expect(memoryAccesses({}, 100)).toBeNull();
  });

  it('give no half sums: a part that was not counted leaves its kind unknown', () => {
    const found = of(
      csv([`${l3}.local_dram`, 500], [`${l3}.remote_dram`, 9], [`${l3}.remote_hitm`, '<not counted>']),
    );
    expect(found.localPerRequest).toBe(5);
    expect(found.remotePerRequest).toBeNull();
    expect(found.notes.join()).toContain('remote_hitm: not counted');
  });

  it.each(['', 'tid 1 a\n', '{"iotraceFacts": 1}', '1,2,3\n', '{"counter-value": 5}\n'])(
    'are not seen in %j',
    (text) => {
      expect(sniffPerfStat(text)).toBe(false);
    },
  );

  it('name the line that is none', () => {
    const { data, problems } = parsePerfStat('5,,node-loads,608704,100.00,,\nError:\n');
    expect(data).toHaveLength(1);
    expect(problems).toEqual([expect.objectContaining({ line: 2 })]);
  });
});
