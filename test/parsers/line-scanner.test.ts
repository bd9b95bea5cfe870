import { describe, expect, it } from 'vitest';
import { type LineReader, MAX_LINE_BYTES, scanLines } from '../../parsers/line-scanner.ts';

/** What a reader was told, as text. */
async function scan(text: string | Uint8Array, chunkBytes: number): Promise<string[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
  const said: string[] = [];
  const show = (line: Uint8Array, start: number, end: number) =>
    Buffer.from(line.subarray(start, end)).toString();
  const reader: LineReader = {
    line(line, start, end, offset, number) {
      expect([0x0a, 0x0d]).toContain(line[end]);
      said.push(`${number}@${offset} ${show(line, start, end)}`);
    },
    tooLong: (offset, number) => void said.push(`${number}@${offset} too long`),
    unfinished: (line, start, end, offset, number) =>
      void said.push(`${number}@${offset} unfinished ${show(line, start, end)}`),
  };
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  await scanLines(chunks(), reader);
  return said;
}

describe('scanLines', () => {
  it.each([1, 2, 3, 7, 1000])(
    'gives whole lines with their places from chunks of %i bytes',
    async (chunkBytes) => {
      expect(await scan('one\n\nthree\r\nfour', chunkBytes)).toEqual([
        '1@0 one',
        '2@4 ',
        '3@5 three',
        '4@12 unfinished four',
      ]);
    },
  );

  it('says nothing of an empty stream, and nothing after a last line feed', async () => {
    expect(await scan('', 10)).toEqual([]);
    expect(await scan('a\n', 10)).toEqual(['1@0 a']);
  });

  it.each([1, 50_000, 1_000_000])(
    'skips a line longer than its limit, in chunks of %i bytes',
    async (chunkBytes) => {
      const longest = 'x'.repeat(MAX_LINE_BYTES);
      const said = await scan(`a\n${longest}\n${longest}y\nb\n`, chunkBytes);
      expect(said.map((line) => line.slice(0, 20))).toEqual([
        '1@0 a',
        `2@2 ${'x'.repeat(16)}`,
        `3@${3 + MAX_LINE_BYTES} too long`,
        `4@${5 + 2 * MAX_LINE_BYTES} b`,
      ]);
    },
  );

  it('reports a too long line that has no end', async () => {
    expect(await scan('x'.repeat(MAX_LINE_BYTES + 1), 999)).toEqual(['1@0 too long']);
  });

  it.each([1, 100])('passes over a byte order mark, but only at the beginning', async (chunkBytes) => {
    expect(await scan('\u{feff}a\n\u{feff}b\n', chunkBytes)).toEqual(['1@0 a', '2@5 \u{feff}b']);
  });

  it('reads chunks that are views into a larger buffer', async () => {
    const whole = Buffer.from('---a\nb\n---');
    const said: string[] = [];
    async function* chunks() {
      yield new Uint8Array(whole.buffer, whole.byteOffset + 3, 4);
    }
    await scanLines(chunks(), {
      line: (bytes, start, end) => void said.push(Buffer.from(bytes.subarray(start, end)).toString()),
      tooLong: () => expect.unreachable('too long'),
      unfinished: () => expect.unreachable(),
    });
    expect(said).toEqual(['a', 'b']);
  });
});
