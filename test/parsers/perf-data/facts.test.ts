import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPerfFacts } from '../../../parsers/perf-data/facts.ts';
import { buildFile, pair, record, USUAL, words } from '../../support/build-perf-data.ts';

const fixture = (name: string) =>
  gunzipSync(readFileSync(new URL(`../../fixtures/perf-data/${name}`, import.meta.url)));

describe('facts of a recording', () => {
  it('has the machine, its nodes, the clock and the command', () => {
    const facts = readPerfFacts(fixture('vblk-aio-poll0-6.12.data.gz'))!;
    expect(facts).toMatchObject({
      hostname: 'l1',
      osRelease: '6.12.117+deb13-amd64',
      perfVersion: '6.12.117',
      architecture: 'x86_64',
      cpusOnline: 4,
      cpusAvailable: 4,
      clock: 'mono',
      clockReference: { clock: 'mono', ns: 660_374_791_043n, realtimeNs: 1_795_347_620_077_198_000n },
      firstSampleNs: 661_068_053_055n,
      lastSampleNs: 662_685_561_151n,
      tscConversion: undefined,
      numaNodes: [
        { node: 0, memoryTotalKib: 2_990_680, cpus: [0, 1] },
        { node: 1, memoryTotalKib: 3_095_048, cpus: [2, 3] },
      ],
      cpuTopology: {
        packages: [
          [0, 1],
          [2, 3],
        ],
        cores: [[0], [1], [2], [3]],
        cpus: [
          { core: 0, package: 0 },
          { core: 1, package: 0 },
          { core: 0, package: 1 },
          { core: 1, package: 1 },
        ],
      },
    });
    expect(facts.commandLine?.slice(0, 5)).toEqual(['/usr/bin/perf', 'record', '-o', '/tmp/perf.data', '-a']);
  });

  it('says nothing that the file does not say', () => {
    const facts = readPerfFacts(fixture('dd-lost.data.gz'))!;
    expect(facts).toMatchObject({
      clock: 'local',
      hostname: undefined,
      numaNodes: undefined,
      commandLine: undefined,
    });
    expect(readPerfFacts(fixture('dd-pipe.data.gz'))).toMatchObject({
      clock: 'mono',
      cpuTopology: undefined,
    });
    expect(readPerfFacts(Buffer.from('# tracer: nop\n'))).toBeUndefined();
  });
});

describe('facts, SYNTHETIC', () => {
  const text = (content: string) => {
    const bytes = Buffer.alloc(68);
    bytes.writeUInt32LE(64);
    bytes.write(content, 4);
    return bytes;
  };
  const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
  const event = { config: 1, sampleType: USUAL, ids: [1] };
  const facts = (features: [number, Buffer][], records: Buffer[] = []) =>
    readPerfFacts(buildFile([event], [], records, new Map(features)))!;

  it('reads how the TSC relates to perf’s own clock', () => {
    const conversion = record(79, words(31, 771_046_912, -5_000_000_000, 0, 0, pair(0x0101, 0)));
    expect(facts([], [conversion]).tscConversion).toEqual({
      shift: 31,
      multiplier: 771_046_912n,
      zero: BigInt.asUintN(64, -5_000_000_000n),
    });
  });

  it('finds features of pipe mode in records', () => {
    const pipe = Buffer.concat([
      Buffer.from('PERFILE2'),
      words(16),
      record(80, Buffer.concat([words(3), text('host-a')])),
      record(80, Buffer.concat([words(7), u32(8, 6)])),
    ]);
    expect(readPerfFacts(pipe)).toMatchObject({ hostname: 'host-a', cpusAvailable: 8, cpusOnline: 6 });
  });

  it.each([
    ['a text longer than its section', 3, u32(0xffffffff)],
    ['a list of 2^32 texts', 11, u32(0xffffffff)],
    ['2^32 nodes', 14, u32(0xffffffff)],
    ['a node of CPUs 0-99999', 14, Buffer.concat([u32(1, 0), words(1, 1), text('0-99999')])],
    ['a node whose CPUs overlap', 14, Buffer.concat([u32(1, 0), words(1, 1), text('0-9,5-20')])],
    ['a topology of 2^32 cores', 13, u32(0xffffffff)],
  ])('leaves out %s', (_, bit, content) => {
    expect(facts([[bit, content]])).toMatchObject({
      hostname: undefined,
      commandLine: undefined,
      numaNodes: undefined,
      cpuTopology: undefined,
    });
  });
});
