/** A shared copy holds nobody's words, and shows the same figures. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { reportBundle } from '../../src/commands/report.ts';
import { share } from '../../src/commands/share.ts';
import { requestRows } from '../../src/export/request-rows.ts';
import { collect, inFolder } from '../bundle/in-folder.ts';
import { rawZip } from '../bundle/raw-zip.ts';
import { once, plantedFacts, plantedPerfData, plantedStreams } from './plant-canaries.ts';

const SAMPLES = new URL('../../samples/', import.meta.url).pathname;
const samples = readdirSync(SAMPLES).filter((name) => name.endsWith('.iotrace.zip'));

/** A word, a host's name, a serial, and what else machines are known by: addresses of networks, ids. */
const CANARIES = [
  'CANARYzq1',
  'canary-host.example.org',
  '203.0.113.77',
  '52:54:00:c0:ff:ee',
  'c0ffee00-1234-5678-9abc-def012345678',
];
/** Names in a perf.data are overwritten by as much as fits. */
const LEAST = 7;

const silent = () => undefined;

/** Everything in a copy: each member's name and content, unpacked. */
async function contentOf(file: string): Promise<string> {
  const bundle = await openBundle(file);
  const parts: string[] = [];
  for (const name of bundle.members)
    parts.push(name, (await collect(bundle.member(name))).toString('latin1'));
  await bundle.close();
  return parts.join('\n').toLowerCase();
}

const truths = {
  'request log': (canary: string) =>
    Buffer.from(`# ${canary}\n0 8 10 20 0 0\n1 16 30 45 0 0\n${canary} ${canary}\n`),
  fio: (canary: string) => {
    const options = { filename: `/${canary}`, ioengine: canary, bs: '4k', [canary]: canary };
    const read = {
      total_ios: 2,
      iops: 5.5,
      lat_ns: { mean: 1000.5, N: 2, [canary]: 3 },
      [canary]: { mean: 1 },
    };
    const job = { jobname: canary, hostname: canary, 'job options': options, read, desc: canary };
    return Buffer.from(
      JSON.stringify({
        'fio version': `fio-3.33-${canary}`,
        'global options': options,
        jobs: [job],
        [canary]: 1,
      }),
    );
  },
};

describe.each(CANARIES)('the word %s', (canary) => {
  it.each(Object.entries(truths))('is in no part of a copy, with a %s', async (_, truth) => {
    await inFolder(async (folder) => {
      const planted = join(folder, `${canary.replaceAll(':', '-')}.iotrace.zip`);
      const truthBytes = truth(canary);
      await writeBundle(planted, {
        version: canary,
        title: canary,
        streams: plantedStreams(canary),
        groundTruth: { name: canary, bytes: truthBytes.length, open: () => once(truthBytes) },
        facts: plantedFacts(canary),
        factsNotUnderstood: [{ name: canary, reason: canary }],
        path: canary,
        notes: [canary],
        report: `{"title":"${canary}"}`,
      });
      // Members that no manifest lists, one of them packed once more.
      const bundle = await openBundle(planted);
      const members = await Promise.all(
        bundle.members.map(async (name) => ({ name, data: await collect(bundle.member(name)) })),
      );
      await bundle.close();
      const extra = { name: 'raw/host/extra.gz', data: gzipSync(canary) };
      writeFileSync(
        planted,
        rawZip([...members, extra, { name: `notes/${canary}`, data: Buffer.from(canary) }]),
      );

      const copy = join(folder, 'copy.iotrace.zip');
      const said: string[] = [];
      // The path it names does not exist: share takes another one.
      await share(planted, { output: copy, path: 'virtio-blk-iothread' }, (line) => said.push(line));
      const content = await contentOf(copy);
      expect(content).toContain('kvm_exit');
      expect(content.indexOf(canary.toLowerCase().slice(0, LEAST))).toBe(-1);
      expect(readFileSync(copy).indexOf(canary.slice(0, LEAST))).toBe(-1);
      const list = await share(planted, { dryRun: true, path: 'virtio-blk-iothread' }, silent);
      expect(list).toContain(`replaced  guest  '${canary}' → guest1`);
      expect(list).toContain(`left out  'the member notes/${canary}'`);
      for (const option of ['-uuid', '-smbios', '-append', '-drive serial', '-device mac'])
        expect(list).toContain(`left out  '${option}, on the command line of QEMU'`);
    });
  });
});

describe('the planted perf.data', () => {
  it('has the canary in hundreds of names, and is read for all that', async () => {
    const bytes = plantedPerfData(CANARIES[0]!);
    const places = bytes.toString('latin1').split(CANARIES[0]!.slice(0, LEAST)).length - 1;
    expect(places).toBeGreaterThan(250);
    await inFolder(async (folder) => {
      const file = join(folder, 'planted.iotrace.zip');
      const stream = { name: 'p', machine: 'host', format: 'perf.data', bytes: bytes.length } as const;
      await writeBundle(file, {
        version: '0',
        title: '',
        streams: [{ ...stream, open: () => once(bytes) }],
        facts: {},
      });
      const { recording } = await openRecording(file, 'virtio-blk-iothread', silent);
      const { events } = recording.sources[0]!;
      // As many as there are without the canary: names are all that was planted.
      expect(events.length).toBe(93);
      const copy = join(folder, 'copy.iotrace.zip');
      await share(file, { output: copy, path: 'virtio-blk-iothread' }, silent);
      expect(await contentOf(copy)).not.toContain(CANARIES[0]!.toLowerCase().slice(0, LEAST));
    });
  });
});

describe('a copy', () => {
  it.each(samples)('of %s has the same tables', { timeout: 60_000 }, async (name) => {
    await inFolder(async (folder) => {
      const copy = join(folder, 'copy.iotrace.zip');
      const said: string[] = [];
      await share(join(SAMPLES, name), { output: copy }, (line) => said.push(line));
      expect(said).toContain('checked: the report of the copy has the same tables');
      expect(await tablesOf(copy)).toBe(await tablesOf(join(SAMPLES, name)));
      // What was recorded on one machine of the lab is in the original only.
      const content = await contentOf(copy);
      for (const word of ['htrace', 'dropbear', '/tmp/', '/lab/', 'nokaslr', 'initramfs'])
        expect(content).not.toContain(word);
    });
  });

  it('is the same when it is made again, and when it is made of a copy', async () => {
    await inFolder(async (folder) => {
      const [one, two] = [join(folder, 'one.iotrace.zip'), join(folder, 'two.iotrace.zip')];
      await share(join(SAMPLES, 'vfio-pci-nvme.iotrace.zip'), { output: one }, silent);
      await share(join(SAMPLES, 'vfio-pci-nvme.iotrace.zip'), { output: two }, silent);
      expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
      await share(one, { output: two }, silent);
      expect(await tablesOf(two)).toBe(await tablesOf(one));
    });
  });

  it('is never written over its original', async () => {
    const file = join(SAMPLES, 'vfio-pci-nvme.iotrace.zip');
    await expect(share(file, { output: file }, silent)).rejects.toMatchObject({ code: 'share-onto-itself' });
  });
});

describe('--max-size', () => {
  it('keeps whole requests, each with the stages it had', { timeout: 60_000 }, async () => {
    await inFolder(async (folder) => {
      const whole = join(SAMPLES, 'virtio-blk-iothread-x86-tsc.iotrace.zip');
      const copy = join(folder, 'copy.iotrace.zip');
      await share(whole, { output: copy, maxSize: 60_000 }, silent);
      expect(statSync(copy).size).toBeLessThanOrEqual(60_000);
      const report = JSON.parse(await json(copy));
      const [, first, last] = /thinned to requests (\d+) to (\d+) of 500$/
        .exec(report.recording.title)!
        .map(Number);
      expect(report.requests.matched).toBe(last! - first! + 1);
      expect(report.requests.quarantined).toBe(0);
      // The clocks are counters, and their rate is measured over the stretch: that may round a time the other way.
      const all = await stagesBySector(whole);
      const kept = await stagesBySector(copy);
      expect(kept.size).toBe(report.requests.matched);
      for (const [sector, stages] of kept)
        for (const [stage, ns] of Object.entries(stages))
          expect(Math.abs(all.get(sector)![stage]! - ns), `${stage} of ${sector}`).toBeLessThanOrEqual(1);
    });
  });

  it('leaves out what fio says of all requests, and says so', async () => {
    await inFolder(async (folder) => {
      const whole = new URL('../fixtures/same-load/run01.iotrace.zip', import.meta.url).pathname;
      const copy = join(folder, 'copy.iotrace.zip');
      const said: string[] = [];
      expect(JSON.parse(await json(whole)).groundTruth).not.toBeNull();
      await share(whole, { output: copy, maxSize: 12_000 }, (line) => said.push(line));
      const { groundTruth, requests } = JSON.parse(await json(copy));
      expect(groundTruth).toBeNull();
      expect(requests.matched).toBeGreaterThan(20);
      expect(said.join('\n')).toContain('its means are of all requests');
      expect(await contentOf(copy)).not.toContain('truth/');
    });
  });

  it('says when it cannot be that small, and leaves nothing', async () => {
    await inFolder(async (folder) => {
      const output = join(folder, 'copy.iotrace.zip');
      const file = join(SAMPLES, 'vfio-pci-nvme.iotrace.zip');
      await expect(share(file, { output, maxSize: 2000 }, silent)).rejects.toMatchObject({
        code: 'share-too-large',
      });
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});

async function json(file: string): Promise<string> {
  const options = { format: 'json', minGrade: 'F', color: false, width: 79 } as const;
  return (await reportBundle(file, options, silent)).text;
}

/** Every table of a report that holds no name, as text. */
async function tablesOf(file: string): Promise<string> {
  const {
    workload,
    requests,
    total,
    software,
    stages,
    beside,
    bands,
    variants,
    counts,
    clock,
    littlesLaw,
    losses,
    grade,
  } = JSON.parse(await json(file));
  const noNames = losses.map(({ kind, count }: { kind: string; count: number }) => ({ kind, count }));
  const tables = {
    workload,
    requests,
    total,
    software,
    stages,
    beside,
    bands,
    variants,
    counts,
    clock,
    littlesLaw,
  };
  return JSON.stringify({ ...tables, losses: noNames, grade: grade.letter }, null, 1);
}

async function stagesBySector(file: string): Promise<Map<number, Readonly<Record<string, number>>>> {
  const { recording, path } = await openRecording(file, undefined, silent);
  const followed = followRecording(recording, { path });
  if ('failure' in followed) throw new Error(followed.failure);
  const rows = [...requestRows(followed.correlated)].flatMap((row) =>
    'status' in row && row.status === 'matched' ? [[row.sector, row.stages!] as const] : [],
  );
  return new Map(rows);
}
