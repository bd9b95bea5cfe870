import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { ROOT, runCli } from './run-cli.ts';

const SAMPLE = `${ROOT}samples/vfio-pci-nvme.iotrace.zip`;
const TIMEOUT = { timeout: 60_000 };

/** A folder with the raw files of the sample, as a user would have them. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
  const bundle = await openBundle(SAMPLE);
  const { streams, groundTruth } = bundle.manifest;
  const save = async (name: string, member: string) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of bundle.member(member)) parts.push(chunk);
    await writeFile(join(folder, name), Buffer.concat(parts));
  };
  for (const { machine, member } of streams) await save(`${machine}.trace`, member);
  await save('requests.txt', groundTruth!.member);
  await bundle.close();
  await mkdir(join(folder, 'facts'));
  await writeFile(join(folder, 'facts', 'lscpu'), '# CPU,Node\n0,0\n1,0\n2,1\n3,1\n');
});
afterAll(() => rm(folder, { recursive: true }));

const FILES = ['--host', 'host.trace', '--guest', 'guest.trace', '--ground-truth', 'requests.txt'];

describe('iotrace import', () => {
  it('makes a bundle that reports as the sample does', TIMEOUT, async () => {
    const { exitCode, stdout, stderr } = await runCli(['import', ...FILES, '-o', 'made.iotrace.zip'], folder);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toBe(
      'host: host.trace, tracefs text\nguest: guest.trace, tracefs text\nwrote made.iotrace.zip\n',
    );
    const json = async (file: string) => JSON.parse((await runCli(['report', '-f', 'json', file])).stdout);
    const made = await json(join(folder, 'made.iotrace.zip'));
    const sample = await json(SAMPLE);
    expect(made.stages).toEqual(sample.stages);
    expect(made.requests).toEqual(sample.requests);
  });

  it(
    'takes a perf.data file that was cut, whose report names what cannot be read for it',
    TIMEOUT,
    async () => {
      const whole = gunzipSync(await readFile(`${ROOT}test/fixtures/perf-data/vblk-aio-6.1.data.gz`));
      await writeFile(join(folder, 'cut.data'), whole.subarray(0, whole.length / 2));
      await runCli(['import', '--host', 'cut.data', '-o', 'cut.zip'], folder);
      for (const what of [['--host', 'cut.data'], ['cut.zip']]) {
        const { exitCode, stderr } = await runCli(['report', ...what], folder);
        expect(exitCode).toBe(1);
        expect(stderr).toContain('no events. Of ');
        expect(stderr).toContain("'file is cut: descriptions at its end are missing'");
        expect(stderr).toMatch(/\d+ times: 'sample of a tracepoint whose format is not in the file'/);
      }
    },
  );

  it('makes the same bytes of the same files', TIMEOUT, async () => {
    await runCli(['import', ...FILES, '--title', 'same', '-o', 'first.zip'], folder);
    await runCli(['import', ...FILES, '--title', 'same', '-o', 'second.zip'], folder);
    const first = await readFile(join(folder, 'first.zip'));
    expect(first.equals(await readFile(join(folder, 'second.zip')))).toBe(true);
  });

  it('unpacks gzip by content, whatever the file is called', TIMEOUT, async () => {
    await writeFile(join(folder, 'packed.trace'), gzipSync(await readFile(join(folder, 'guest.trace'))));
    const run = await runCli(['import', '--guest', 'packed.trace', '-o', 'packed.zip'], folder);
    expect(run.stderr).toBe('guest: packed.trace, tracefs text\nwrote packed.zip\n');
  });

  it('takes the NUMA nodes from the facts folder, or from --host-nodes', TIMEOUT, async () => {
    await runCli(['import', ...FILES, '--facts', 'facts', '-o', 'facts.zip'], folder);
    await runCli(['import', ...FILES, '--host-nodes', '0:0-1,1:2-3', '-o', 'nodes.zip'], folder);
    const numa = async (file: string) =>
      JSON.parse((await runCli(['report', '-f', 'json', join(folder, file)])).stdout).numa;
    expect((await numa('facts.zip')).hopsPerRequest).toBeGreaterThan(0);
    expect(await numa('nodes.zip')).toEqual(await numa('facts.zip'));
  });

  it('tells traces, ground truth and facts of a folder by their content', TIMEOUT, async () => {
    const mixed = join(folder, 'mixed');
    await mkdir(mixed);
    const copy = async (from: string, to: string) =>
      writeFile(join(mixed, to), await readFile(join(folder, from)));
    await copy('host.trace', 'a');
    await copy('guest.trace', 'b');
    await copy('requests.txt', 'c');
    await copy('facts/lscpu', 'lscpu');
    const { exitCode, stderr } = await runCli(['import', 'mixed', '-o', 'mixed.zip'], folder);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'host: a, tracefs text\nguest: b, tracefs text\nwrote mixed.zip\n',
    });
    await runCli(['import', ...FILES, '--facts', 'facts', '-o', 'named.zip'], folder);
    const report = async (file: string) =>
      JSON.parse((await runCli(['report', '-f', 'json', join(folder, file)])).stdout);
    const [one, other] = [await report('mixed.zip'), await report('named.zip')];
    expect(one.stages).toEqual(other.stages);
    expect(one.groundTruth.meanNs).toBe(other.groundTruth.meanNs);
    expect(one.numa).toEqual(other.numa);
  });

  it(
    'takes fio’s latency log beside its JSON, and compares means where it is not of the recorded requests',
    TIMEOUT,
    async () => {
      const withFio = join(folder, 'fio');
      await mkdir(withFio);
      await writeFile(join(withFio, 'a'), await readFile(join(folder, 'guest.trace')));
      for (const name of ['randread.json', 'randread_lat.1.log', 'randread_clat.1.log'])
        await writeFile(join(withFio, name), await readFile(`${ROOT}test/fixtures/fio/${name}`));
      const { exitCode, stderr } = await runCli(['import', 'fio', '-o', 'fio.zip'], folder);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 0,
        stderr:
          "left aside: 'randread_clat.1.log' is a latency log of fio; name it with --latency-log to use it\n" +
          'host: a, tracefs text\nwrote fio.zip\n',
      });
      const bundle = await openBundle(join(folder, 'fio.zip'));
      await bundle.close();
      expect(bundle.manifest.groundTruth).toMatchObject({
        name: 'randread.json',
        latencies: { name: 'randread_lat.1.log' },
      });
      const { stdout } = await runCli(['report', '-f', 'json', '--min-grade', 'F', 'fio.zip'], folder);
      const { groundTruth } = JSON.parse(stdout);
      expect(groundTruth).toMatchObject({ kind: 'fio', perRequest: false });
      expect(groundTruth.unseen.at(-1)).toMatch(
        /^which latency of its log is of which request could not be told/,
      );
      const alone = ['report', '-f', 'json', '--min-grade', 'F', '--host', 'fio/a'];
      const { stdout: withLog } = await runCli([...alone, '--latency-log', 'fio/randread_lat.1.log'], folder);
      expect(JSON.parse(withLog).groundTruth).toMatchObject({ kind: 'latency-log', perRequest: false });
      // Means of windows, as log_avg_msec makes them, are of no request.
      const averaged = await readFile(`${ROOT}test/fixtures/fio/averaged_lat.1.log`);
      await writeFile(join(withFio, 'randread_lat.1.log'), averaged);
      const raw = await runCli(['report', '-f', 'json', '--min-grade', 'F', 'fio'], folder);
      expect(JSON.parse(raw.stdout).groundTruth).toMatchObject({ kind: 'fio', perRequest: false });
      expect(raw.stderr).toContain(
        "'randread_lat.1.log' is no log of single latencies of fio: only means are compared",
      );
    },
  );

  it('asks which machine two traces are of, when their events do not tell', TIMEOUT, async () => {
    const unclear = join(folder, 'unclear');
    await mkdir(unclear);
    for (const name of ['one', 'two'])
      await writeFile(join(unclear, name), await readFile(join(folder, 'guest.trace')));
    const { exitCode, stderr } = await runCli(['import', 'unclear', '-o', 'unclear.zip'], folder);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      "iotrace: 'unclear': the events do not tell which machine 'one', 'two' is of.\n" +
        'Say it with --host FILE and --guest FILE.\n',
    );
  });
});

describe('iotrace report of raw files', () => {
  const jsonOf = async (...args: string[]) => {
    const { exitCode, stdout } = await runCli(['report', '-f', 'json', '--min-grade', 'F', ...args], folder);
    return { exitCode, ...JSON.parse(stdout) };
  };

  it('says what the report of a bundle of them says', TIMEOUT, async () => {
    await runCli(
      ['import', ...FILES, '--facts', 'facts', '--title', 'guest.trace', '-o', 'kept.zip'],
      folder,
    );
    expect(await jsonOf(...FILES, '--facts', 'facts')).toEqual(await jsonOf('kept.zip'));
  });

  it('takes a folder of mixed files, also beside a bundle', TIMEOUT, async () => {
    const all = join(folder, 'all');
    await mkdir(all);
    for (const name of ['host.trace', 'guest.trace', 'requests.txt'])
      await writeFile(join(all, name), await readFile(join(folder, name)));
    const { exitCode, stdout } = await runCli(['report', 'all', SAMPLE], folder);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('500 of 500 requests followed');
    expect((await jsonOf('all')).stages).toEqual((await jsonOf(...FILES)).stages);
  });

  it('names the file that cannot be used', TIMEOUT, async () => {
    const failed = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await runCli(['report', ...args], folder);
      return { exitCode, stdout, first: stderr.split('\n')[0] };
    };
    expect(await failed('--host', 'host.trace', '--ground-truth', 'no.txt')).toEqual({
      exitCode: 1,
      stdout: '',
      first: "iotrace: There is no file 'no.txt'.",
    });
    expect(
      await failed('--host', 'host.trace', '--guest', 'guest.trace', '--ground-truth', 'facts/lscpu'),
    ).toEqual({
      exitCode: 1,
      stdout: '',
      first: "iotrace: 'lscpu' is neither a request log, nor fio JSON, nor a latency log of fio.",
    });
    expect(await failed('--host', 'requests.txt')).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await failed('--guest', 'guest.trace', '--', SAMPLE, SAMPLE)).toMatchObject({
      exitCode: 2,
      stdout: '',
    });
  });
});
