import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFactsFolder } from '../../parsers/facts/facts-folder.ts';
import { type Manifest, parseManifest, printManifest } from '../../src/bundle/manifest.ts';
import { IotraceError } from '../../src/errors.ts';
import type { RecordingFacts } from '../../src/trace/recording.ts';

function recordedFacts(configuration: string): RecordingFacts {
  const folder = new URL(`../fixtures/facts/${configuration}/`, import.meta.url);
  const files = readdirSync(folder).map((name) => ({
    name,
    text: readFileSync(new URL(name, folder), 'utf8'),
  }));
  return readFactsFolder(files).facts;
}

function manifest(change: Partial<Manifest> = {}): Manifest {
  return {
    schema: 1,
    tool: { name: 'iotrace', version: '0.1.0' },
    title: 'vm1',
    streams: [
      {
        member: 'raw/host/1-host.trace',
        name: 'host.trace.gz',
        machine: 'host',
        format: 'tracefs text',
        bytes: 7,
      },
    ],
    groundTruth: { member: 'truth/qd1.txt', name: 'qd1.txt' },
    facts: {},
    factsNotUnderstood: [{ name: 'x', reason: 'empty' }],
    ...change,
  };
}

function thrownBy(run: () => unknown): IotraceError {
  try {
    run();
  } catch (error) {
    if (error instanceof IotraceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function changed(change: (json: Record<string, unknown>) => void): string {
  const json = JSON.parse(printManifest(manifest()));
  change(json);
  return JSON.stringify(json);
}

describe('manifest', () => {
  it.each(['unvme-fastpath', 'spdk-nvme'])('keeps the recorded facts of %s exactly', (configuration) => {
    const facts = recordedFacts(configuration);
    expect(Object.keys(facts).length).toBeGreaterThan(1);
    expect(parseManifest(printManifest(manifest({ facts }))).facts).toEqual(facts);
  });

  it('keeps every field of facts, 64-bit values to the last digit', () => {
    const facts: RecordingFacts = {
      tscOffsets: [{ vcpu: 0, offset: -(2n ** 63n) }],
      hostClockPairs: [{ clock: 'x86-tsc', ns: 2n ** 64n - 1n, tsc: 9007199254740993n, widthTicks: 104 }],
      kvmStats: { halt_exits: 249 },
      driveNode: -1,
      hostNodes: [{ node: 0, cpus: [0, 1] }],
      memoryPagesByNode: [{ node: 1, pages: 262144 }],
      notes: ['\u001b[2J', ''],
    };
    const text = printManifest(manifest({ facts, tscOffset: -2958018326251n, path: 'vfio', notes: ['n'] }));
    expect(text).toContain('"9007199254740993"');
    expect(text).toContain('"tscOffset": "-2958018326251"');
    expect(parseManifest(text)).toEqual(
      manifest({ facts, tscOffset: -2958018326251n, path: 'vfio', notes: ['n'] }),
    );
  });

  it('names the schema number of a later iotrace and what to do', () => {
    const error = thrownBy(() =>
      parseManifest(changed((json) => Object.assign(json, { schema: 2, later: true }))),
    );
    expect(error.code).toBe('manifest-schema-unknown');
    expect(error.message).toContain('schema 2');
    expect(error.hint).toMatch(/update/i);
  });

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['another document', '[1]', 'expected object'],
    ['deep nesting', '['.repeat(1e6), 'not JSON'],
    ['schema 0', changed((json) => Object.assign(json, { schema: 0 })), 'schema'],
    ['an unknown field', changed((json) => Object.assign(json, { extra: 1 })), 'extra'],
    ['an unknown fact', changed((json) => Object.assign(json, { facts: { colour: 'red' } })), 'colour'],
    ['a number as TSC', changed((json) => Object.assign(json, { tscOffset: 12 })), 'tscOffset'],
    [
      'a TSC of 65 bits',
      changed((json) => Object.assign(json, { tscOffset: '18446744073709551616' })),
      'tscOffset',
    ],
    [
      'a member outside',
      changed((json) => Object.assign(json, { groundTruth: { member: '../x', name: '' } })),
      'groundTruth.member',
    ],
    [
      'a member twice',
      changed((json) => Object.assign(json, { groundTruth: { member: 'raw/host/1-host.trace', name: '' } })),
      'listed twice',
    ],
  ])('refuses %s and says where', (_, text, where) => {
    const error = thrownBy(() => parseManifest(text));
    expect(error.code).toBe('manifest-invalid');
    expect(error.message).toContain(where);
    expect(error.hint).toBeDefined();
  });

  it('puts no control character of a hostile key into the message', () => {
    const error = thrownBy(() => parseManifest(changed((json) => Object.assign(json, { '\u001b[2J': 1 }))));
    expect(error.message).not.toContain('\u001b');
  });

  it('does not write facts it could not read back', () => {
    const error = thrownBy(() => printManifest(manifest({ facts: { driveNode: Number.NaN } })));
    expect(error.message).toContain('facts.driveNode');
    const notes = ['x'.repeat(8 * 1024 * 1024)];
    expect(thrownBy(() => printManifest(manifest({ facts: { notes } }))).code).toBe('manifest-too-large');
  });
});
