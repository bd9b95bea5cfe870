/** What the application measured, as it comes: the same as from all of its bytes. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readTruth, readTruthOf } from '../../src/commands/read-truth.ts';

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** Lines of a request log; one of them is none. */
const logOf = (requests: number) =>
  Array.from({ length: requests }, (_, at) => `${at} ${at * 8} ${at * 100} ${at * 100 + 50} 0 0\n`)
    .with(requests - 1, '1 2 3\n')
    .join('');
/** A real one, with blanks behind it. */
const fio =
  readFileSync(new URL('../fixtures/fio/randread.json', import.meta.url), 'utf8') + ' '.repeat(100_000);

it.each([
  ['a request log that is larger than what it is told by', logOf(5000), 'request-log'],
  ['a request log that is smaller', logOf(20), 'request-log'],
  ['fio JSON that is larger', fio, 'fio'],
  ['anything else', `nothing\n${logOf(5000)}`, undefined],
])('%s', async (_, text, kind) => {
  const bytes = Buffer.from(text);
  const whole = readTruth('given', bytes);
  expect(whole.truth?.kind).toBe(kind);
  for (const size of [7, 1000, 65_536, 65_537, 1 << 20])
    expect(await readTruthOf('given', cut(bytes, size))).toEqual(whole);
});
