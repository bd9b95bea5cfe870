import { execFileSync } from 'node:child_process';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 as ourCrc32, tableCrc32 } from '../../src/bundle/crc32.ts';
import { MAX_MEMBER_BYTES } from '../../src/bundle/limits.ts';
import { type Manifest, printManifest } from '../../src/bundle/manifest.ts';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { openBundleOrRecover } from '../../src/bundle/recover-bundle.ts';
import { IotraceError } from '../../src/errors.ts';
import { collect, inFolder } from './in-folder.ts';
import { type RawMember, rawZip } from './raw-zip.ts';

const DATA = Buffer.from('a trace of some length\n'.repeat(40));
const STREAM = 'raw/host/1-t';

function manifestText(bytes = DATA.length): string {
  const manifest: Manifest = {
    schema: 1,
    tool: { name: 'iotrace', version: '0' },
    title: '',
    streams: [{ member: STREAM, name: 't', machine: 'host', format: 'tracefs text', bytes }],
    groundTruth: null,
    facts: {},
    factsNotUnderstood: [],
  };
  return printManifest(manifest);
}

const MANIFEST: RawMember = { name: 'manifest.json', data: Buffer.from(manifestText()) };
const TRACE: RawMember = { name: STREAM, data: DATA };

/** Opens the zip and reads every member to its end, as a report would. */
async function readAll(zip: Buffer, opener = openBundle): Promise<number> {
  let bytes = 0;
  await inFolder(async (folder) => {
    const path = join(folder, 'x.zip');
    await writeFile(path, zip);
    const bundle = await opener(path);
    try {
      for (const name of bundle.members) bytes += (await collect(bundle.member(name))).length;
    } finally {
      await bundle.close();
      expect(await readdir(folder)).toEqual(['x.zip']);
    }
  });
  return bytes;
}

async function refusal(zip: Buffer, opener = openBundle): Promise<IotraceError> {
  const error = await readAll(zip, opener).catch((thrown: unknown) => thrown);
  if (error instanceof IotraceError) return error;
  throw new Error('not refused', { cause: error });
}

describe('a hand-made bundle', () => {
  it('is read when honest: stored members, folders and unlisted members are fine', async () => {
    const zip = rawZip([
      { ...MANIFEST, method: 0 },
      { name: 'raw/', data: Buffer.alloc(0), method: 0, mode: 0o040755 },
      { ...TRACE, method: 0 },
      { name: 'notes of mine é.txt', data: DATA },
      { name: 'empty', data: Buffer.alloc(0) },
    ]);
    expect(await readAll(zip)).toBe(MANIFEST.data.length + 2 * DATA.length);
  });

  it.each<[string, RawMember, string]>([
    ['an absolute path', { ...TRACE, name: '/etc/passwd' }, "'/etc/passwd'"],
    ['a drive', { ...TRACE, name: 'C:x' }, "'C:x'"],
    ['a way out', { ...TRACE, name: 'raw/../../x' }, "'raw/../../x'"],
    ['a backslash', { ...TRACE, name: 'raw\\x' }, "'raw\\x'"],
    ['an empty part', { ...TRACE, name: 'raw//x' }, "'raw//x'"],
    ['no name', { ...TRACE, name: '' }, "''"],
    ['a control character', { ...TRACE, name: 'raw/\u001b[2J' }, 'raw/\\u{1b}[2J'],
    ['a reversed name', { ...TRACE, name: 'raw/\u202etxt' }, 'raw/\\u{202e}txt'],
    ['a long name', { ...TRACE, name: 'x'.repeat(300) }, 'longer than 255 bytes'],
    ['a second manifest', MANIFEST, "'manifest.json' of the bundle occurs twice"],
    ['a symbolic link', { ...TRACE, mode: 0o120777 }, 'symbolic link'],
    ['a device', { ...TRACE, mode: 0o060644 }, 'special file'],
    ['encryption', { ...TRACE, flags: 1 }, `'${STREAM}' of the bundle is encrypted`],
    ['another compression', { ...TRACE, method: 12 }, 'method 12'],
    ['a folder with content', { ...TRACE, name: 'raw/', mode: 0o040755 }, 'directory with content'],
    ["another member's bytes", { ...TRACE, at: 0 }, 'overlaps'],
  ])('is refused for %s, naming the member', async (_, member, words) => {
    const error = await refusal(rawZip([MANIFEST, member]));
    expect(error.code).toBe('bundle-hostile');
    expect(error.message).toContain(words);
    expect(error.hint).toBeDefined();
  });

  it.each<[string, RawMember, string]>([
    ['a wrong CRC', { ...TRACE, crc: 1 }, 'CRC-32 is wrong'],
    ['another name in front', { ...TRACE, localName: 'raw/host/1-u' }, 'not where the directory says'],
  ])('is refused for %s while it is read, naming the member', async (_, member, words) => {
    const error = await refusal(rawZip([MANIFEST, member]));
    expect(error.code).toBe('bundle-damaged');
    expect(error.message).toContain(`'${STREAM}'`);
    expect(error.message).toContain(words);
  });

  it('is refused when a member claims bytes of the next, or beyond the file', async () => {
    const long = rawZip([{ ...MANIFEST, packed: MANIFEST.data.length }, TRACE]);
    expect((await refusal(long)).message).toContain(
      `'manifest.json' of the bundle overlaps member '${STREAM}'`,
    );
    const beyond = rawZip([MANIFEST, { ...TRACE, packed: 5000 }]);
    expect((await refusal(beyond)).message).toContain(`'${STREAM}' of the bundle reaches beyond the end`);
  });

  it('is refused when a member gives more or less than it claims', async () => {
    for (const claim of [DATA.length - 1, DATA.length + 1]) {
      const manifest = { ...MANIFEST, data: Buffer.from(manifestText(claim)) };
      const error = await refusal(rawZip([manifest, { ...TRACE, unpacked: claim }]));
      expect(error).toMatchObject({
        code: 'bundle-damaged',
        message: expect.stringContaining(`the ${claim}`),
      });
    }
  });

  it('is refused when broken deflate data is met', async () => {
    const zip = rawZip([MANIFEST, TRACE]);
    zip.fill(0xff, zip.indexOf(STREAM) + STREAM.length, zip.indexOf(STREAM) + STREAM.length + 20);
    expect((await refusal(zip)).message).toContain('cannot be unpacked');
  });

  it('is refused when the manifest lists what is not there, or another size', async () => {
    expect((await refusal(rawZip([MANIFEST]))).code).toBe('bundle-member-missing');
    const manifest = { ...MANIFEST, data: Buffer.from(manifestText(3)) };
    expect((await refusal(rawZip([manifest, TRACE]))).message).toContain('the manifest says 3');
  });

  it('is refused when members are too many, too large or packed too well', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({ name: `${i}`, data: Buffer.alloc(0) }));
    expect((await refusal(rawZip(many))).message).toContain('10001 members');
    const zeros = { name: 'zeros', data: Buffer.alloc(32 * 1024 * 1024) };
    expect((await refusal(rawZip([MANIFEST, TRACE, zeros]))).message).toMatch(
      /'zeros' unpacks from \d+ to 33554432/,
    );
    const claims = rawZip([MANIFEST, { ...TRACE, unpacked: 0xfffffff0 }]);
    expect((await refusal(claims)).code).toBe('bundle-too-large');
    expect(MAX_MEMBER_BYTES).toBeGreaterThan(2 ** 36);
    const manifest = { ...MANIFEST, data: Buffer.alloc(9 * 1024 * 1024, ' ') };
    expect((await refusal(rawZip([manifest]))).message).toContain('manifest.json has 9437184 bytes');
  });

  it('is refused when many members together are packed too well', async () => {
    // Each 15 MiB member is below what any ratio is asked of; 4 of them are not.
    const zeros = Buffer.alloc(15 * 1024 * 1024);
    const members = [1, 2, 3, 4].map((n) => ({ name: `z${n}`, data: zeros }));
    expect((await refusal(rawZip([MANIFEST, TRACE, ...members]))).message).toContain('members of this file');
  });

  it('is refused by recovery as well: a cut bomb is a bomb, a link is no member', async () => {
    const zeros = { name: STREAM, data: Buffer.alloc(64 * 1024 * 1024) };
    const bomb = rawZip([MANIFEST, zeros]);
    const end = bomb.lastIndexOf(Buffer.from('PK\u0001\u0002'));
    expect((await refusal(bomb.subarray(0, end), openBundleOrRecover)).code).toBe('bundle-too-large');
    const outside = rawZip([MANIFEST, { ...TRACE, name: '../x' }]);
    const cut = outside.subarray(0, outside.length - 22);
    expect(await readAll(cut, openBundleOrRecover)).toBe(MANIFEST.data.length);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'bundle-foreign'],
    ['text', Buffer.from('# tracer: nop\n'), 'bundle-foreign'],
    ['an empty zip', rawZip([]), 'bundle-foreign'],
    ['a zip of something else', rawZip([TRACE]), 'bundle-foreign'],
    ['a directory that claims more', rawZip([MANIFEST, TRACE], 9), 'bundle-damaged'],
  ])('%s is no bundle', async (_, zip, code) => {
    expect((await refusal(zip)).code).toBe(code);
  });

  it('never does worse than refuse, whichever byte is wrong', async () => {
    const zip = rawZip([MANIFEST, TRACE]);
    let refused = 0;
    for (let at = 0; at < zip.length; at += 3) {
      const wrong = Buffer.from(zip);
      wrong[at] = wrong[at]! ^ 0x55;
      const result = await readAll(wrong, openBundleOrRecover).catch((error: unknown) => error);
      if (result instanceof IotraceError) refused++;
      else expect(result).toBeTypeOf('number');
    }
    expect(refused).toBeGreaterThan(zip.length / 3 / 2);
  }, 60_000);

  it('names what is no file', () =>
    inFolder(async (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      await symlink(join(folder, 'nowhere'), join(folder, 'link'));
      for (const path of [
        folder,
        join(folder, 'nothing'),
        join(folder, 'pipe'),
        join(folder, 'link'),
        'a\0b',
      ]) {
        const error = await openBundle(path).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'bundle-missing' });
      }
    }));
});

describe('crc32', () => {
  it('is the same from the table and from zlib, in one piece or several', async () => {
    const bytes = await readFile(new URL(import.meta.url));
    expect(tableCrc32(bytes, 0)).toBe(crc32(bytes));
    expect(tableCrc32(bytes.subarray(5), tableCrc32(bytes.subarray(0, 5), 0))).toBe(crc32(bytes));
    expect(ourCrc32(Buffer.from('123456789'), 0)).toBe(0xcbf43926);
  });
});
