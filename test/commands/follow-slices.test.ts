/** A recording that is followed in slices gives the report that it gives when followed at once. Real samples, and texts made of them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { type AnalyzeOptions, followRecording, reportOf } from '../../src/commands/analyze.ts';
import { followInSlices, type ReportedRequests } from '../../src/commands/follow-slices.ts';
import { type OpenBundle, readWhole, withBundle, withRawFiles } from '../../src/commands/open-recording.ts';
import { buildPicture } from '../../src/picture/build-picture.ts';
import { placedGaps } from '../../src/picture/gap-list.ts';
import type { PictureModel } from '../../src/picture/picture-model.ts';
import type { ReportModel } from '../../src/report/report-model.ts';

const fileOf = (sample: string) =>
  fileURLToPath(new URL(`../../samples/${sample}.iotrace.zip`, import.meta.url));

interface Both {
  readonly whole: ReportModel;
  readonly wholePicture: PictureModel;
  readonly slicedPicture: PictureModel | undefined;
  /** Undefined: it was followed at once. */
  readonly sliced: ReportModel | undefined;
  readonly said: readonly string[];
}

/** Reports of an open bundle, in slices of so many rows and at once. */
async function both(open: OpenBundle, rowsPerSlice: number, tscHz?: number): Promise<Both> {
  const how: AnalyzeOptions = { version: '0', title: open.title, path: open.path, tscHz };
  const said: string[] = [];
  const sliced: ReportedRequests | undefined = await followInSlices(open, how, (text) => said.push(text), {
    leastBytes: 0,
    rowsPerSlice,
  });
  const { recording } = await readWhole(open);
  const followed = followRecording(recording, how);
  if ('failure' in followed) throw new Error(followed.failure);
  const { correlated, doubts } = followed;
  return {
    whole: reportOf(recording, followed, how),
    wholePicture: buildPicture(correlated.requests, placedGaps(correlated, doubts)),
    slicedPicture: sliced && buildPicture(sliced.requests, sliced.gaps),
    sliced: sliced?.model,
    said,
  };
}

const ofSample = (sample: string, rowsPerSlice: number) =>
  withBundle(
    fileOf(sample),
    undefined,
    () => undefined,
    (open) => both(open, rowsPerSlice),
  );

/** What does not depend on how much was looked at together: all but words about evidence, and what each slice finds for itself. */
function figures({ findings: _, environment: __, path, clock, ...model }: ReportModel) {
  const { intervalNs: ___, mostStepNs: ____, checked: _____, ...known } = clock;
  return { ...model, path: path.name, clock: known };
}

const slicesOf = ({ environment }: ReportModel): string | undefined =>
  environment.find(({ name }) => name === 'recording')?.value;

describe('a recording in slices', () => {
  it.each([
    ['bare-metal-nvme', 3000, 4],
    ['bare-metal-nvme-iopoll', 1500, 5],
    ['local-block-device', 1000, 3],
    ['vfio-pci-nvme-haltpoll', 2400, 3],
    ['vhost-user-blk-qsd-nvme', 4000, 3],
    ['virtio-blk-iothread-x86-tsc', 12_000, 4],
    ['virtio-blk-iothread-host-only', 3000, 4],
  ])('gives the same figures: %s', async (sample, rows, slices) => {
    const { whole, sliced, said, wholePicture, slicedPicture } = await ofSample(sample, rows);
    expect(said).toEqual([]);
    // Points that no request has are not among those of a sample.
    const { sample: _, ...drawn } = wholePicture;
    expect(slicedPicture).toMatchObject(drawn);
    expect(slicesOf(sliced!)).toBe(`followed in ${slices} slices of time, each by itself`);
    expect(figures(sliced!)).toEqual(figures(whole));
    expect(sliced!.path.evidence.at(-1)).toMatch(/^so in the largest of \d+ slices/);
  });

  it.each([
    ['virtio-blk-iothread', 16_000],
    ['virtio-blk-iothread-polling', 14_000],
    ['virtio-blk-iothread-multiqueue', 20_000],
    // A request is in flight from before what the next slice has until behind where it begins.
    ['virtio-blk-iothread-multiqueue', 6500],
    ['virtio-blk-iothread-multiqueue', 9500],
    ['virtio-blk-userspace-nvme', 14_000],
    ['vhost-user-blk-qsd', 16_000],
  ])('gives the same requests, with clocks related anew in each: %s', async (sample, rows) => {
    expectSame(await ofSample(sample, rows));
  });

  it('gives the same requests of perf.data, which is gone through twice', async () => {
    expectSame(await ofSample('virtio-blk-iothread-perf', 9000));
  });

  it('gives the same requests where perf.data is a file, which is read at any place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
    const bundle = await openBundle(fileOf('virtio-blk-iothread-perf'));
    const write = async (member: string) => {
      const file = join(folder, basename(member));
      const parts: Uint8Array[] = [];
      for await (const part of bundle.member(member)) parts.push(part);
      await writeFile(file, Buffer.concat(parts));
      return file;
    };
    try {
      const { streams, groundTruth } = bundle.manifest;
      const of = (name: string) =>
        Promise.all(streams.filter(({ machine }) => machine === name).map(({ member }) => write(member)));
      const files = {
        host: await of('host'),
        guest: await of('guest'),
        groundTruth: await write(groundTruth!.member),
      };
      expectSame(
        await withRawFiles(
          files,
          undefined,
          () => undefined,
          (open) => both(open, 9000),
        ),
      );
    } finally {
      await bundle.close();
      await rm(folder, { recursive: true });
    }
  });

  function expectSame({ whole, sliced }: Both): void {
    expect(sliced!.clock.checked).toMatch(/^in each of \d+ slices by itself, and neighbours agree; /);
    expect(sliced!.clock.ok).toBe(true);
    expect(sliced!.requests).toEqual(whole.requests);
    expect(sliced!.total).toEqual(whole.total);
    expect(sliced!.groundTruth).toEqual(whole.groundTruth);
    // What lies between two machines moves by what the clocks leave open.
    const bound = sliced!.clock.uncertaintyNs! + whole.clock.uncertaintyNs!;
    for (const stage of sliced!.stages) {
      const same = whole.stages.find(({ id }) => id === stage.id)!;
      expect(Math.abs(stage.meanNs - same.meanNs)).toBeLessThanOrEqual(stage.clock === 'cross' ? bound : 500);
    }
    const sums = sliced!.stages.reduce((sum, { meanNs, n }) => sum + meanNs * n, 0);
    expect(sums / sliced!.requests.matched).toBeCloseTo(sliced!.total.meanNs, 3);
  }

  it.each([
    ['vhost-user-blk-spdk', 'has another clock than the other streams'],
    ['vfio-pci-nvme', 'the clocks cannot be related'],
  ])('is followed at once where slices do not do: %s', async (sample, why) => {
    const { sliced, said } = await ofSample(sample, 8000);
    expect(sliced).toBeUndefined();
    expect(said[0]).toMatch(/^followed at once, in memory, and not in slices of time: /);
    expect(said[0]).toContain(why);
  });

  it('is followed at once while it is small', async () => {
    const small = await withBundle(
      fileOf('bare-metal-nvme'),
      undefined,
      () => undefined,
      (open) => followInSlices(open, { version: '0', title: '' }, () => undefined),
    );
    expect(small).toBeUndefined();
  });
});

describe('damage in slices', () => {
  let folder = '';
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The text of a bare-metal recording: what precedes its events, and their lines. */
  async function bareMetal(): Promise<{ head: string[]; lines: string[] }> {
    const bundle = await openBundle(fileOf('bare-metal-nvme'));
    const parts: Uint8Array[] = [];
    for await (const part of bundle.member(bundle.manifest.streams[0]!.member)) parts.push(part);
    await bundle.close();
    const all = Buffer.concat(parts).toString('latin1').trimEnd().split('\n');
    return {
      head: all.filter((line) => line.startsWith('#')),
      lines: all.filter((line) => !line.startsWith('#')),
    };
  }

  const SECONDS = /( )(\d+)(\.\d{6}: )/;
  const moved = (lines: readonly string[], seconds: number) =>
    lines.map((line) =>
      line.replace(SECONDS, (_, blank, second, rest) => `${blank}${Number(second) + seconds}${rest}`),
    );

  async function ofText(lines: readonly string[], rowsPerSlice = 3000): Promise<Both> {
    folder = await mkdtemp(join(tmpdir(), 'iotrace-slices-'));
    const host = join(folder, 'host.trace');
    await writeFile(host, `${lines.join('\n')}\n`);
    return withRawFiles(
      { host: [host], guest: [] },
      undefined,
      () => undefined,
      (open) => both(open, rowsPerSlice),
    );
  }

  it('missing events are counted, and every slice knows of them', async () => {
    const { head, lines } = await bareMetal();
    const claims = head.map((line) =>
      line.replace(/(entries-in-buffer\/entries-written: )\d+\/\d+/, `$1${lines.length}/${lines.length}`),
    );
    expect(claims.join('\n')).toContain(`${lines.length}/${lines.length}`);
    const kept = lines.filter((_, at) => at % 97 !== 13);
    const { whole, sliced, said } = await ofText([...claims, ...kept]);
    expect(said).toEqual(['events are missing: everything is looked at once more with that in mind']);
    expect(sliced!.losses).toEqual(whole.losses);
    expect(sliced!.losses[0]).toMatchObject({ kind: 'missing', count: lines.length - kept.length });
    expect(sliced!.grade.letter).toBe(whole.grade.letter);
    // What is judged by how usual it is, is judged by the slice; what remains is right in both.
    expect(sliced!.requests.seen).toBe(whole.requests.seen);
    expect(sliced!.requests.matched).toBeLessThanOrEqual(whole.requests.matched * 1.02);
  });

  it('events that are there twice, or out of order, count once', async () => {
    const { head, lines } = await bareMetal();
    const twice = lines.flatMap((line, at) => (at % 500 === 7 ? [line, line] : [line]));
    for (let at = 1000; at < twice.length; at += 900)
      [twice[at], twice[at + 3]] = [twice[at + 3]!, twice[at]!];
    const plain = head.filter((line) => !line.includes('entries-written'));
    const { whole, sliced } = await ofText([...plain, ...twice]);
    expect(whole.losses.map(({ kind }) => kind)).toEqual(['duplicate', 'out of order']);
    expect(sliced!.losses).toEqual(whole.losses);
  });

  it('an event that comes far too late makes it be followed at once', async () => {
    const { head, lines } = await bareMetal();
    // More than is read at once.
    const many = Array.from({ length: 12 }, (_, at) => moved(lines, 10 * at)).flat();
    const [early] = many.splice(500, 1);
    many.splice(100_000, 0, early!);
    const { sliced, said } = await ofText([...head, ...many]);
    expect(sliced).toBeUndefined();
    expect(said.at(-1)).toBe(
      'followed at once, in memory, and not in slices of time: events stand far behind those that are later: 1.',
    );
  });

  it('files of one name are told apart', async () => {
    const bundle = await openBundle(fileOf('virtio-blk-iothread-x86-tsc'));
    folder = await mkdtemp(join(tmpdir(), 'iotrace-slices-'));
    const files: Record<string, string> = {};
    for (const { machine, member } of bundle.manifest.streams) {
      files[machine] = join(folder, machine, 'trace');
      await mkdir(join(folder, machine));
      await writeFile(files[machine], bundle.member(member));
    }
    await bundle.close();
    const { whole, sliced } = await withRawFiles(
      { host: [files['host']!], guest: [files['guest']!] },
      undefined,
      () => undefined,
      (open) => both(open, 12_000, 1e9),
    );
    expect(whole.recording.sources.map(({ name }) => name)).toEqual(['trace', 'trace']);
    expect(sliced!.recording.sources).toEqual(whole.recording.sources);
    expect(sliced!.losses).toEqual(whole.losses);
  });

  it('a stretch in which the disk was idle is no damage', async () => {
    const { head, lines } = await bareMetal();
    const half = lines.findIndex((line, at) => at > lines.length / 2 && line.includes('block_rq_issue'));
    const second = (line: string) => Number(SECONDS.exec(line)![2]);
    const idle = Array.from({ length: 6000 }, (_, at) => {
      const stamp = `${second(lines[half]!) + 1}.${String(at * 100).padStart(6, '0')}`;
      return `           sleep-77      [003] d..2.  ${stamp}: sys_read(fd: 3, buf: 7ffd, count: 1000)`;
    });
    const later = moved(lines.slice(half), 10);
    const plain = head.filter((line) => !line.includes('entries-written'));
    const { whole, sliced, said } = await ofText(
      [...plain, ...lines.slice(0, half), ...idle, ...later],
      2000,
    );
    expect(said).toEqual([]);
    expect(sliced!.requests).toEqual(whole.requests);
    expect(sliced!.total).toEqual(whole.total);
    expect(sliced!.recording.sources).toEqual(whole.recording.sources);
  });
});
