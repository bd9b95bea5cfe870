import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { openBundleOrRecover, recoverBundle } from '../../src/bundle/recover-bundle.ts';
import { unwrittenBundle } from '../../src/bundle/unwritten-bundle.ts';
import { type BundleInput, type StreamInput, writeBundle } from '../../src/bundle/write-bundle.ts';
import { IotraceError } from '../../src/errors.ts';
import { collect, inFolder, inPieces } from './in-folder.ts';

/** Synthetic text of about `kilobytes`, different in every line. */
function lines(kilobytes: number, word: string): Buffer {
  const rows = Array.from(
    { length: kilobytes * 16 },
    (_, i) => `${word} ${((i * 2654435761) >>> 0).toString(36)} ${i}`,
  );
  return Buffer.from(`${rows.join('\n')}\n`);
}

const HOST = lines(600, 'host');
const GUEST = lines(300, 'guest');
const LATENCIES = Buffer.from('1, 45900, 0, 4096, 0, 0x0000\n');
const TRUTH = Buffer.from('index sector\n0 8\n');

function stream(name: string, machine: 'host' | 'guest', bytes: Uint8Array, pieces = 100_000): StreamInput {
  return { name, machine, format: 'tracefs text', open: () => inPieces(bytes, pieces) };
}

function input(pieces?: number): BundleInput {
  return {
    version: '0.1.0',
    title: 'vm1',
    streams: [stream('/a/b/../host trace.gz', 'host', HOST, pieces), stream('..', 'guest', GUEST, pieces)],
    groundTruth: { name: 'qd1.txt', open: () => inPieces(TRUTH) },
    facts: { tscOffsets: [{ vcpu: 0, offset: -5n }] },
    report: '{"schema":1}\n',
  };
}

const rejection = (promise: Promise<unknown>): Promise<IotraceError> =>
  promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error) => (error instanceof IotraceError ? error : Promise.reject(error)),
  );

describe('a bundle', () => {
  it('gives back every byte, the manifest first, under harmless names', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a.iotrace.zip');
      const written = await writeBundle(target, input());
      expect(await readdir(folder)).toEqual(['a.iotrace.zip']);
      const bundle = await openBundle(target);
      expect(bundle.manifest).toEqual(written);
      expect(bundle).toMatchObject({ recovered: false, lost: [] });
      expect(bundle.members).toEqual([
        'manifest.json',
        'raw/host/1-host_trace',
        'raw/guest/2-unnamed',
        'truth/qd1.txt',
        'report.json',
      ]);
      expect(bundle.manifest.streams.map((entry) => entry.bytes)).toEqual([HOST.length, GUEST.length]);
      expect((await collect(bundle.member('raw/host/1-host_trace'))).equals(HOST)).toBe(true);
      expect((await collect(bundle.member('raw/guest/2-unnamed'))).equals(GUEST)).toBe(true);
      expect((await collect(bundle.member('truth/qd1.txt'))).equals(TRUTH)).toBe(true);
      expect((await collect(bundle.member('report.json'))).toString()).toBe('{"schema":1}\n');
      expect(() => bundle.member('raw/host/9')).toThrow(/no member 'raw\/host\/9'/);
      await bundle.close();
    }));

  it('keeps fio’s latency log beside its JSON, also when it was cut behind it, and reads as what was not written', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a.iotrace.zip');
      const latencies = { name: '../q_lat.1.log', open: () => inPieces(LATENCIES) };
      const all = { ...input(), groundTruth: { ...input().groundTruth!, latencies } };
      await writeBundle(target, all);
      const unwritten = await unwrittenBundle(all);
      const member = 'truth/latencies-q_lat.1.log';
      for (const bundle of [await openBundle(target), unwritten]) {
        expect(bundle.manifest.groundTruth?.latencies).toEqual({ member, name: '../q_lat.1.log' });
        expect((await collect(bundle.member(member))).equals(LATENCIES)).toBe(true);
        expect((await collect(bundle.member('raw/host/1-host_trace'))).equals(HOST)).toBe(true);
        await bundle.close();
      }
      expect(unwritten.manifest).toEqual((await openBundle(target)).manifest);
      const whole = await readFile(target);
      const end = whole.indexOf('report.json', whole.indexOf(member) + member.length);
      await writeFile(target, whole.subarray(0, end - 30));
      const cut = await openBundleOrRecover(target);
      expect(cut.manifest.groundTruth?.latencies?.member).toBe(member);
      await writeFile(target, whole.subarray(0, whole.indexOf(member) + member.length));
      const without = await openBundleOrRecover(target);
      expect(without.manifest.groundTruth).toEqual({ member: 'truth/qd1.txt', name: 'qd1.txt' });
      expect(without.lost.map((part) => part.member)).toEqual([member]);
    }));

  it('is the same file whenever, wherever and in whatever pieces it is written', () =>
    inFolder(async (folder) => {
      const zone = process.env['TZ'];
      const files: Buffer[] = [];
      try {
        for (const [index, [timeZone, pieces]] of [
          ['UTC', 1e9],
          ['Pacific/Auckland', 4093],
        ].entries()) {
          process.env['TZ'] = String(timeZone);
          await writeBundle(join(folder, `${index}`), input(Number(pieces)));
          files.push(await readFile(join(folder, `${index}`)));
        }
      } finally {
        if (zone === undefined) delete process.env['TZ'];
        else process.env['TZ'] = zone;
      }
      expect(files[0]!.equals(files[1]!)).toBe(true);
    }));

  it('can be read in part and closed, and two members at a time', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a');
      await writeBundle(target, input());
      const bundle = await openBundle(target);
      for await (const chunk of bundle.member('raw/host/1-host_trace')) {
        expect(HOST.subarray(0, chunk.length).equals(chunk)).toBe(true);
        break;
      }
      const both = await Promise.all([
        collect(bundle.member('raw/host/1-host_trace')),
        collect(bundle.member('raw/guest/2-unnamed')),
      ]);
      expect(both.map((bytes) => bytes.length)).toEqual([HOST.length, GUEST.length]);
      await bundle.close();
    }));

  it('is not written when a file changes or cannot be read, and the old one stays', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a');
      await writeFile(target, 'old');
      const grown: StreamInput = { ...stream('host.trace', 'host', HOST), bytes: HOST.length - 1 };
      const error = await rejection(writeBundle(target, { ...input(), streams: [grown] }));
      expect(error.code).toBe('input-changed');
      expect(error.message).toContain(`'host.trace' had ${HOST.length - 1} bytes, and ${HOST.length}`);
      const broken: StreamInput = {
        ...grown,
        open: async function* () {
          yield HOST;
          throw new IotraceError('input-unreadable', 'the disk is gone');
        },
      };
      expect((await rejection(writeBundle(target, { ...input(), streams: [broken] }))).message).toBe(
        'the disk is gone',
      );
      expect(await readFile(target, 'utf8')).toBe('old');
      expect(await readdir(folder)).toEqual(['a']);
    }));

  it('closes the files it reads when it cannot be written', () =>
    inFolder(async (folder) => {
      let open = 0;
      const watched = (name: string, fails: boolean): StreamInput => ({
        ...stream(name, 'host', HOST),
        bytes: HOST.length,
        open: async function* () {
          open++;
          try {
            yield* inPieces(HOST, 1000);
            if (fails) throw new Error('gone');
          } finally {
            open--;
          }
        },
      });
      const streams = [watched('1', false), watched('2', true), watched('3', false)];
      const error = await rejection(writeBundle(join(folder, 'a'), { ...input(), streams }));
      expect(error).toMatchObject({ code: 'write-failed', message: expect.stringContaining('gone') });
      expect(open).toBe(0);
    }));

  it('says what to do when there is no folder, or the target is one', () =>
    inFolder(async (folder) => {
      const missing = await rejection(writeBundle(join(folder, 'no', 'a'), input()));
      expect(missing).toMatchObject({
        code: 'write-failed',
        hint: expect.stringContaining('Create the folder'),
      });
      expect((await rejection(writeBundle(folder, input()))).code).toBe('write-failed');
      expect(await readdir(folder)).toEqual([]);
    }));

  it('is not written when no reader would take it', () =>
    inFolder(async (folder) => {
      const zeros = stream('zeros', 'host', new Uint8Array(64 * 1024 * 1024));
      const error = await rejection(writeBundle(join(folder, 'a'), { ...input(), streams: [zeros] }));
      expect(error.code).toBe('bundle-too-large');
      expect(error.message).toContain('1-zeros');
      expect(await readdir(folder)).toEqual([]);
    }));
});

describe('a bundle in the 64-bit form of zip', () => {
  it('is read and recovered like any other', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a');
      await writeBundle(target, input());
      const plain = await openBundle(target);
      const zip = new ZipFile();
      for (const name of plain.members) {
        zip.addReadStream(Readable.from(plain.member(name)), name, { forceZip64Format: true });
      }
      zip.end({ forceZip64Format: true, comment: '' });
      await writeFile(join(folder, 'b'), zip.outputStream as Readable);
      for (const opener of [openBundle, recoverBundle]) {
        const bundle = await opener(join(folder, 'b'));
        expect(bundle).toMatchObject({ manifest: plain.manifest, members: plain.members, lost: [] });
        expect((await collect(bundle.member('raw/host/1-host_trace'))).equals(HOST)).toBe(true);
        await bundle.close();
      }
      await plain.close();
    }));
});

describe('a cut bundle', () => {
  it(
    'is refused or recovered at every length, and what is recovered is a true beginning',
    () =>
      inFolder(async (folder) => {
        const small: BundleInput = {
          ...input(),
          streams: [
            stream('h', 'host', HOST.subarray(0, 3000)),
            stream('g', 'guest', GUEST.subarray(0, 2000)),
          ],
        };
        const whole = join(folder, 'whole');
        const manifest = await writeBundle(whole, small);
        const file = await readFile(whole);
        const cut = join(folder, 'cut');
        const originals = new Map([
          [manifest.streams[0]!.member, HOST.subarray(0, 3000)],
          [manifest.streams[1]!.member, GUEST.subarray(0, 2000)],
        ]);
        const kept: number[] = [];
        for (let length = 0; length < file.length; length += 23) {
          await writeFile(cut, file.subarray(0, length));
          const refused = await rejection(openBundle(cut));
          expect(['bundle-cut', 'bundle-foreign']).toContain(refused.code);
          const bundle = await openBundleOrRecover(cut).catch((error: IotraceError) => error);
          if (bundle instanceof IotraceError) {
            expect(['bundle-unrecoverable', 'bundle-foreign']).toContain(bundle.code);
            expect(kept).toEqual([]);
            continue;
          }
          expect(bundle.recovered).toBe(true);
          let bytes = 0;
          for (const entry of bundle.manifest.streams) {
            const got = await collect(bundle.member(entry.member));
            expect(got.length).toBe(entry.bytes);
            expect(originals.get(entry.member)!.subarray(0, got.length).equals(got)).toBe(true);
            bytes += got.length;
          }
          const lostBytes = bundle.lost.reduce(
            (sum, part) => sum + (part.expectedBytes ?? 0) - (part.expectedBytes ? part.keptBytes : 0),
            0,
          );
          expect(bytes + lostBytes).toBe(5000);
          kept.push(bytes);
          await bundle.close();
        }
        expect(kept[0]).toBe(0);
        expect(kept.at(-1)).toBe(5000);
        expect(kept).toEqual([...kept].sort((a, b) => a - b));
      }),
    60_000,
  );

  it('says which parts are missing and how much of them', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a');
      await writeBundle(target, input());
      const file = await readFile(target);
      await writeFile(target, file.subarray(0, Math.floor(file.length / 2)));
      const bundle = await openBundleOrRecover(target);
      expect(bundle.manifest.groundTruth).toBeNull();
      expect(bundle.manifest.streams.map((entry) => entry.machine)).toEqual(['host']);
      const [host, guest, truth] = bundle.lost;
      expect(host).toMatchObject({ name: '/a/b/../host trace.gz', expectedBytes: HOST.length });
      expect(host!.keptBytes).toBeGreaterThan(HOST.length / 2);
      expect(guest).toMatchObject({ name: '..', keptBytes: 0, expectedBytes: GUEST.length });
      expect(truth).toMatchObject({ name: 'qd1.txt', keptBytes: 0, expectedBytes: undefined });
      await bundle.close();
    }));

  it('does not call a stream whole whose checksum is wrong', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a');
      await writeBundle(target, input());
      const file = await readFile(target);
      file[file.indexOf('PK\u0007\u0008') + 4]! ^= 1;
      await writeFile(target, file.subarray(0, file.length - 30));
      const bundle = await openBundleOrRecover(target);
      expect(bundle.lost[0]).toMatchObject({ member: 'raw/host/1-host_trace', keptBytes: HOST.length });
      await bundle.close();
    }));

  it('keeps all that is before damage', () =>
    inFolder(async (folder) => {
      const target = join(folder, 'a');
      await writeBundle(target, input());
      const file = await readFile(target);
      const cut = file.subarray(0, file.length - 30);
      const middle = Math.floor(cut.length / 2);
      cut.fill(0xff, middle, middle + 4000);
      await writeFile(target, cut);
      const bundle = await openBundleOrRecover(target);
      const got = await collect(bundle.member('raw/host/1-host_trace'));
      expect(got.length).toBe(bundle.lost[0]!.keptBytes);
      expect(got.length).toBeGreaterThan(HOST.length / 4);
      expect(HOST.subarray(0, HOST.length / 4).equals(got.subarray(0, HOST.length / 4))).toBe(true);
      await bundle.close();
    }));
});
