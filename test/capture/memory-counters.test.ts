/** perf stat beside a recording. No PMU was here: answers of other CPUs are drawn after perf's documented forms. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePerfStat } from '../../parsers/facts/perf-stat.ts';
import { startMemoryCounters } from '../../src/capture/memory-counters.ts';
import { type AskPerf, type Cpu, cpuOf, resolveMemoryEvents } from '../../src/capture/memory-events.ts';
import { memoryAccesses } from '../../src/stats/memory-accesses.ts';
import { inFolder } from '../bundle/in-folder.ts';

const UNKNOWN = { exitCode: 129, text: 'event syntax error\n' };

/** A perf that knows some names (129 for the others) and whose PMU counts, or not. */
const drawnPerf =
  (known: RegExp, counts = true): AskPerf =>
  async (events) =>
    events.every((event) => known.test(event))
      ? {
          exitCode: 0,
          text: events.map((event) => `${counts ? 5 : '<not supported>'},,${event},1,100.00,,\n`).join(''),
        }
      : UNKNOWN;

const zen = (family: number, model: number): Cpu => ({
  vendor: 'AuthenticAMD',
  family,
  model,
  hasCounters: true,
});
const xeon = (model: number): Cpu => ({
  vendor: 'GenuineIntel',
  family: 6,
  model,
  hasCounters: true,
});
const arm: Cpu = { vendor: '', family: 0, model: 0, hasCounters: true };

describe('events', () => {
  it.each<[string, RegExp, Cpu, RegExp]>([
    [
      'Intel SKX by perf’s table',
      /^mem_load_l3|^node-/,
      xeon(0x55),
      /^mem_load_l3_miss_retired\.local_dram$/,
    ],
    ['Intel SPR without that table', /^ocr\.demand|^node-/, xeon(0x8f), /^ocr\.demand_data_rd\.local_dram$/],
    [
      'Intel ICX without any table',
      /^cpu\/|^node-/,
      xeon(0x6a),
      /^cpu\/event=0xd3,umask=0x1,name=mem_load_l3/,
    ],
    ['an Intel of which no code is known', /^cpu\/|^node-/, xeon(0x3c), /^node-loads$/],
    ['AMD Zen 2', /^ls_refills/, zen(23, 0x31), /^ls_refills_from_sys\.ls_mabresp_lcl_dram$/],
    ['AMD Zen 3 by perf’s table', /_io_local|_io_remote|ext_cache/, zen(25, 1), /\.mem_io_local$/],
    [
      'AMD Zen 4 in an old perf',
      /^cpu\//,
      zen(25, 0x11),
      /umask=0x8,name=ls_dmnd_fills_from_sys\.dram_io_near/,
    ],
    ['AMD Zen 5', /dram_io|near_cache|far_cache/, zen(26, 2), /^ls_dmnd_fills_from_sys\.dram_io_near$/],
    ['Arm Neoverse', /^remote_access$/, arm, /^remote_access$/],
    ['anything else', /^node-/, arm, /^node-loads$/],
  ])('of %s', async (_, known, cpu, first) => {
    const found = await resolveMemoryEvents(drawnPerf(known), cpu);
    expect(found?.supported).toBe(true);
    expect(found?.events[0]).toMatch(first);
    // What is counted is what the reader of the counts understands.
    const counted = found!.events
      .map((event) => `5,,${/name=([^/]*)/.exec(event)?.[1] ?? event},1,100.00,,`)
      .join('\n');
    const accesses = memoryAccesses({ perfCounts: parsePerfStat(counted).data }, 1)!;
    expect(accesses.family).not.toBeNull();
    expect((accesses.localPerRequest ?? 0) + accesses.remotePerRequest!).toBe(5 * found!.events.length);
  });

  it('that perf names and the machine does not count are not taken, and said', async () => {
    const found = await resolveMemoryEvents(drawnPerf(/^node-|^mem_load/, false), xeon(0x55));
    expect(found).toMatchObject({ supported: false, events: ['node-loads', 'node-load-misses'] });
    const { notes } = memoryAccesses({ perfCounts: parsePerfStat(found!.text).data }, 10)!;
    expect(notes).toEqual([expect.stringMatching(/node-loads not supported.*counted in software only/)]);
  });

  it('are asked for once where the kernel has no counters of cores', async () => {
    const asked: string[] = [];
    const ask: AskPerf = (events) => {
      asked.push(events.join());
      return drawnPerf(/^node-/, false)(events);
    };
    const cpu = cpuOf('', ['breakpoint', 'msr', 'software', 'tracepoint', 'uprobe']);
    expect(await resolveMemoryEvents(ask, cpu)).toMatchObject({ supported: false });
    expect(asked).toEqual(['node-loads,node-load-misses']);
  });

  it('are none where there is no perf', async () => {
    expect(await resolveMemoryEvents(async () => ({ exitCode: undefined, text: '' }), arm)).toBeUndefined();
  });

  it('go by the CPU that /proc/cpuinfo says', () => {
    const text =
      'processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9V74\n';
    expect(cpuOf(text, ['software', 'cpu'])).toEqual(zen(25, 17));
    expect(cpuOf('processor\t: 0\nCPU implementer\t: 0x41\n', ['armv8_pmuv3_0'])).toEqual(arm);
  });
});

/** A program that answers as perf does, and leaves what it was asked. It ends when its pipe does, as perf with `cat`. */
const FAKE = `#!/bin/sh
echo "$*" >> "$0.asked"
echo "$IOTRACE_RUN" >> "$0.marks"
out=
while [ $# -gt 0 ]; do
  case "$1" in -o) out="$2";; --per-node) who='"node" : "N0"';; --per-thread) who='"thread" : "IO io0-7"';; cat) cat; end=1;; esac
  shift
done
row() { echo "{$who\${who:+, }\\"counter-value\\" : \\"$2\\", \\"unit\\" : \\"\\", \\"event\\" : \\"$1\\", \\"event-runtime\\" : 9, \\"pcnt-running\\" : 50.00}"; }
rows() { row mem_load_l3_miss_retired.local_dram 300; row mem_load_l3_miss_retired.remote_dram 100; }
if [ -n "$out" ]; then { echo "# started on a day"; rows; } > "$out"; else rows >&2; fi
`;

describe('counters', () => {
  it('count by thread and by node until they are stopped, and leave nothing', async () => {
    await inFolder(async (folder) => {
      const perf = join(folder, 'perf');
      writeFileSync(perf, FAKE);
      chmodSync(perf, 0o755);
      const said: string[] = [];
      const plan = { folder, mark: 'iotrace-1-0a1b2c3d', tids: [7, 8], perf };
      const counters = await startMemoryCounters(plan, (line) => said.push(line));
      const texts = await counters.stop();
      expect(await counters.stop()).toBe(texts);
      expect(said).toEqual([]);
      expect(readdirSync(folder).toSorted()).toEqual(['perf', 'perf.asked', 'perf.marks']);
      // What counts, and not the questions before.
      const marks = readFileSync(`${perf}.marks`, 'utf8').split('\n');
      expect(marks.filter((mark) => mark === plan.mark)).toHaveLength(2);
      const asked = readFileSync(`${perf}.asked`, 'utf8');
      expect(asked).toContain('-a --per-node -- cat');
      expect(asked).toContain('--per-thread -t 7,8 -- cat');
      const accesses = memoryAccesses({ perfCounts: parsePerfStat(texts[0]!.text).data }, 100)!;
      // The thread's accesses are part of the node's: they are not counted twice.
      expect(accesses).toMatchObject({ localPerRequest: 3, remotePerRequest: 1 });
      expect(accesses.by.map(({ who }) => who)).toEqual(['N0', 'IO io0-7']);
      expect(accesses.notes).toContainEqual(expect.stringMatching(/^multiplexed: counted during 50\.0 %/));
      expect(accesses.notes).toContainEqual(expect.stringMatching(/^counts by node/));
    });
  });

  it('are none without perf, and that is said', async () => {
    await inFolder(async (folder) => {
      const said: string[] = [];
      const plan = { folder, mark: 'iotrace-1-0a1b2c3d', tids: [], perf: join(folder, 'no-such-perf') };
      const counters = await startMemoryCounters(plan, (line) => said.push(line));
      expect(await counters.stop()).toEqual([]);
      expect(said).toEqual(['accesses to remote memory are not counted: there is no perf']);
    });
  });

  const perf = hasPerf();
  if (perf !== undefined) process.stderr.write(`perf stat of this machine is not tested: ${perf}\n`);

  it.skipIf(perf !== undefined)(
    'of this machine give counts, or say why there are none',
    { timeout: 60_000 },
    async () => {
      await inFolder(async (folder) => {
        const counters = await startMemoryCounters(
          { folder, mark: 'iotrace-1-0a1b2c3d', tids: [process.pid] },
          () => undefined,
        );
        const [text] = await counters.stop();
        const { data, problems } = parsePerfStat(text!.text);
        expect(problems).toEqual([]);
        const accesses = memoryAccesses({ perfCounts: data }, 10)!;
        if (accesses.family === null) expect(accesses.notes.join()).toMatch(/counted in software only/);
        else expect(accesses.remotePerRequest).not.toBeNull();
        expect(readdirSync(folder)).toEqual([]);
      });
    },
  );
});

/** Why perf cannot be asked here, undefined when it can. */
function hasPerf(): string | undefined {
  try {
    execFileSync('perf', ['stat', '-e', 'task-clock', '--', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return String(error);
  }
}
