/** What is not read is named by how it begins, with what makes something readable of it. */
import { describe, expect, it } from 'vitest';
import { foreignFormat } from '../../parsers/foreign-formats.ts';
import { FORMATS } from '../../parsers/formats.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';

/** As the tools themselves began the files that they wrote. */
const BEGINNINGS: [string, string | Buffer, RegExp][] = [
  ['trace-cmd’s trace.dat', Buffer.from('\x17\x08\x44tracing6\0\0\0', 'latin1'), /trace-cmd report -t/],
  ['an LTTng trace (CTF)', Buffer.from('c11ffcc1', 'hex'), /not read/],
  [
    'perf data as JSON',
    '{\n\t"linux-perf-json-version": 1,\n\t"headers": {\n\t\t"header-version": 1,\n',
    /perf\.data/,
  ],
  ['packed with xz', Buffer.from('fd377a585a000004e6d6b446', 'hex'), /xz -d/],
  ['packed with zstd', Buffer.from('28b52ffd240001000099e9d851', 'hex'), /zstd -d/],
  ['packed with bzip2', Buffer.from('425a68393141592653594b', 'hex'), /bzip2 -d/],
];

describe.each(BEGINNINGS)('%s', (name, head, remedy) => {
  it('is named, with a way out', () => {
    const bytes = Buffer.from(head);
    expect(foreignFormat(bytes)?.name).toBe(name);
    expect(FORMATS.some((format) => format.sniff(bytes))).toBe(false);
    expect(() => chooseFormat('a.bin', bytes)).toThrow(`'a.bin' is ${name}, which is not read itself.`);
    expect(foreignFormat(bytes)!.remedy).toMatch(remedy);
  });
});

it('other JSON is not taken for perf’s, and what is not known is quoted without its blank lines', () => {
  expect(foreignFormat(Buffer.from('{"fio version": "fio-3.33"}'))).toBeUndefined();
  expect(() => chooseFormat('d.txt', Buffer.from('\n\n0x1288 event: 69\n'))).toThrow(
    "it begins with '0x1288 event: 69'",
  );
});
