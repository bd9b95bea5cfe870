/** A bundle made by an attacker, through every command that takes one: an error or escaped text, and no file but the one asked for. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { printManifest } from '../../src/bundle/manifest.ts';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { writeBundle } from '../../src/bundle/write-bundle.ts';
import { DIFF_RENDERERS, diff } from '../../src/commands/diff.ts';
import { explain } from '../../src/commands/explain.ts';
import { EXPORTERS, exportRequests } from '../../src/commands/export.ts';
import { rasterize } from '../../src/commands/rasterize.ts';
import { RENDERERS, reportBundle, reportBundles } from '../../src/commands/report.ts';
import { share } from '../../src/commands/share.ts';
import { tune } from '../../src/commands/tune.ts';
import { IotraceError } from '../../src/errors.ts';
import { collect, inFolder } from '../bundle/in-folder.ts';
import { type RawMember, rawZip } from '../bundle/raw-zip.ts';
import { once, plantedFacts } from '../share/plant-canaries.ts';
import { builtAssets } from '../support/page-assets.ts';

// The built program finds them beside itself; here it is its source that runs.
vi.mock('../../src/commands/page-assets.ts', () => ({ pageAssets: async () => builtAssets() }));

const sample = (name: string) => new URL(`../../samples/${name}.iotrace.zip`, import.meta.url).pathname;
const XML = new URL('../../test/fixtures/talk-configs/', import.meta.url).pathname;
const PATH = 'vfio-pci-nvme';
/** What a terminal obeys, a page runs or a sheet calculates. */
const ATTACK =
  '\u001b]0;t\u0007\u001b[2J<script>alert(1)</script><img src=x onerror=alert(1)>=cmd()\u202e../../x';
/** As much of it as a thread's name can hold. */
const COMM = '\u001b[2J<img x=y>';
const RAW = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
const MARKUP = /<(img|foreignObject|iframe|object|embed|image)\b|<script>alert|<[^>]*\son\w+=["']?alert/i;

type Commands = Record<
  string,
  (file: string, folder: string, say: (line: string) => void) => Promise<string>
>;

const report = { minGrade: 'F', color: false, width: 79, path: PATH } as const;
const compare = { force: true, color: false, width: 79, path: PATH } as const;

/** Every way a bundle can be read; each gives what it prints. */
const COMMANDS: Commands = {
  ...Object.fromEntries(
    (Object.keys(RENDERERS) as (keyof typeof RENDERERS)[]).map((format) => [
      `report -f ${format}`,
      async (file: string, _: string, say: (line: string) => void) =>
        (await reportBundle(file, { ...report, format }, say)).text,
    ]),
  ),
  'report --picture, twice': async (file, folder, say) => {
    const picture = join(folder, 'picture.svg');
    return (await reportBundles([file, file], { ...report, format: 'markdown', picture }, say)).text;
  },
  'report -f png': async (file, _, say) => {
    const { text } = await reportBundle(file, { ...report, format: 'svg' }, say);
    return Buffer.from(await rasterize(text))
      .subarray(1, 4)
      .toString('latin1');
  },
  ...Object.fromEntries(
    (Object.keys(DIFF_RENDERERS) as (keyof typeof DIFF_RENDERERS)[]).map((format) => [
      `diff -f ${format}`,
      async (file: string, _: string, say: (line: string) => void) =>
        diff([file], [sample(PATH)], { ...compare, format }, say),
    ]),
  ),
  ...Object.fromEntries(
    (Object.keys(EXPORTERS) as (keyof typeof EXPORTERS)[]).map((to) => [
      `export --to ${to}`,
      async (file: string, folder: string, say: (line: string) => void) => {
        await exportRequests(file, join(folder, 'out'), { to, path: PATH }, say);
        return '';
      },
    ]),
  ),
  share: async (file, folder, say) => share(file, { output: join(folder, 'out'), path: PATH }, say),
  'share --dry-run': async (file, _, say) => share(file, { dryRun: true, path: PATH }, say),
  tune: async (file, _, say) =>
    tune(file, { xml: join(XML, readdirSync(XML).find((name) => name.endsWith('.xml'))!) }, say),
};

/** The sample with the attack in every fact, name and thread. */
async function writeHostile(file: string): Promise<void> {
  const bundle = await openBundle(sample(PATH));
  const streams = await Promise.all(
    bundle.manifest.streams.map(async (stream) => {
      const text = (await collect(bundle.member(stream.member))).toString('latin1');
      const planted = Buffer.from(
        text.replace(/^ +(?!<idle>)[\w/.: -]+?(-\d+ +[[(])/gm, ` ${COMM}$1`),
        'latin1',
      );
      expect(planted.includes(COMM)).toBe(true);
      const { machine, format } = stream;
      return { name: ATTACK, machine, format, bytes: planted.length, open: () => once(planted) };
    }),
  );
  const truth = await collect(bundle.member(bundle.manifest.groundTruth!.member));
  await bundle.close();
  await writeBundle(file, {
    version: ATTACK,
    title: ATTACK,
    streams,
    groundTruth: { name: ATTACK, bytes: truth.length, open: () => once(truth) },
    facts: plantedFacts(ATTACK),
    factsNotUnderstood: [{ name: ATTACK, reason: ATTACK }],
    notes: [ATTACK],
  });
}

describe('script, escapes and paths in every name', { timeout: 120_000 }, () => {
  it.each(Object.keys(COMMANDS))('are text, or nothing, to iotrace %s', async (name) => {
    await inFolder(async (folder) => {
      const file = join(folder, 'hostile.iotrace.zip');
      await writeHostile(file);
      const said: string[] = [];
      // A copy that would show other findings, as what an attacker wrote among the facts is left out, is no copy.
      const printed = await COMMANDS[name]!(file, folder, (line) => said.push(line)).catch(
        (error: unknown) => {
          if (error instanceof IotraceError && error.code === 'share-differs') return error.message;
          throw error;
        },
      );
      for (const line of [...said, ...printed.split(/\r?\n/)]) {
        // Tabs of the XML are the user's own.
        expect(line.replaceAll('\t', '')).not.toMatch(RAW);
      }
      if (/html|svg/.test(name)) expect(printed).not.toMatch(MARKUP);
      const written = readdirSync(folder).toSorted();
      expect(['hostile.iotrace.zip', 'out', 'picture.svg']).toEqual(expect.arrayContaining(written));
    });
  });
});

const TRACE = Buffer.from('# tracer: nop\n');
const honest = (bytes: number) => ({
  schema: 1 as const,
  tool: { name: 'iotrace' as const, version: '0' },
  title: '',
  streams: [{ member: 'raw/host/1-t', name: 't', machine: 'host' as const, format: 'tracefs text', bytes }],
  groundTruth: null,
  facts: {},
  factsNotUnderstood: [],
});
const manifest = (text: string): RawMember => ({ name: 'manifest.json', data: Buffer.from(text) });
const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;

/** Bundles that are refused, and by what word. */
const REFUSED: Record<string, { readonly zip: () => Buffer; readonly says: RegExp }> = {
  'a member outside of it': {
    zip: () =>
      rawZip([
        manifest(printManifest(honest(TRACE.length))),
        { name: '../../../tmp/iotrace-slip', data: TRACE },
      ]),
    says: /iotrace-slip/,
  },
  'a member with an escape in its name': {
    zip: () => rawZip([manifest(printManifest(honest(TRACE.length))), { name: `raw/${COMM}`, data: TRACE }]),
    says: /holds a control character/,
  },
  'a bomb': {
    zip: () =>
      rawZip([
        manifest(printManifest(honest(1 << 28))),
        { name: 'raw/host/1-t', data: Buffer.alloc(1 << 28) },
      ]),
    says: /is no trace/,
  },
  'a stream that claims a terabyte': {
    zip: () =>
      rawZip([
        manifest(JSON.stringify(honest(1e12))),
        { name: 'raw/host/1-t', data: TRACE, unpacked: 0xfffffffe },
      ]),
    says: /bytes/,
  },
  'a manifest 200,000 deep': {
    zip: () => rawZip([manifest(deep), { name: 'raw/host/1-t', data: TRACE }]),
    says: /manifest/,
  },
};

describe.each(Object.entries(REFUSED))('%s', (_, { zip, says }) => {
  let bytes: Buffer;
  beforeAll(() => {
    bytes = zip();
  });
  afterAll(() => {
    bytes = Buffer.alloc(0);
  });

  it.each(Object.keys(COMMANDS))('is refused by iotrace %s, which writes nothing', async (name) => {
    await inFolder(async (folder) => {
      const file = join(folder, 'hostile.iotrace.zip');
      writeFileSync(file, bytes);
      const before = process.memoryUsage().rss;
      const error = await COMMANDS[name]!(file, folder, () => {}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(IotraceError);
      const { message, hint = '' } = error as IotraceError;
      expect(message).toMatch(says);
      expect(`${message}${hint}`.replaceAll('\n', '')).not.toMatch(RAW);
      expect(readdirSync(folder)).toEqual(['hostile.iotrace.zip']);
      expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
    });
  });
});

describe('rows by the thousand million that a file claims', () => {
  it.each([
    ['perf.data', perfDataOf(2n ** 40n)],
    [
      'iotrace events',
      Buffer.from(
        '# iotrace events 1\nformat x\nclock mono\nkind 0 kvm_exit\nstart 999999999999 0\n0 1000000000 0 7 0 1000000000 0\n',
      ),
    ],
    [
      'spdk_trace JSON',
      Buffer.from('{"lcore": 1000000000, "num_entries": 1000000000, "entries": [{"tsc": 1e30}]}'),
    ],
    [
      'QEMU simple trace',
      Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from('0f84f8ad31f2b6f4', 'hex'), Buffer.alloc(64, 0xff)]),
    ],
  ])('take no memory and are an error or no request: %s', async (format, bytes) => {
    await inFolder(async (folder) => {
      const file = join(folder, 'hostile.iotrace.zip');
      await writeBundle(file, {
        version: '0',
        title: 'claims',
        streams: [{ name: 't', machine: 'host', format, bytes: bytes.length, open: () => once(bytes) }],
        facts: {},
      });
      const before = process.memoryUsage().rss;
      const result = await COMMANDS['report -f json']!(file, folder, () => {}).catch(
        (thrown: unknown) => thrown,
      );
      if (typeof result === 'string') expect(JSON.parse(result).requests.matched).toBe(0);
      else expect(result).toBeInstanceOf(IotraceError);
      expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
    });
  });
});

/** A header of perf.data (tools/perf/util/header.h) that claims so many bytes of attributes and of data. */
function perfDataOf(claimed: bigint): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write('PERFILE2', 'latin1');
  for (const [at, value] of [104n, 136n, 104n, claimed, 2048n, claimed].entries())
    bytes.writeBigUInt64LE(value, 8 + 8 * at);
  return bytes;
}

describe('what a user is told to type', () => {
  it('is no way in: iotrace explain quotes what it does not know', () => {
    expect(() => explain(ATTACK, 79)).toThrow(IotraceError);
    try {
      explain(ATTACK, 79);
    } catch (error) {
      expect((error as IotraceError).message).not.toMatch(RAW);
    }
  });
});
