import { describe, expect, it } from 'vitest';
import { type JsonHandler, JsonScanner, MAX_JSON_TEXT } from '../../parsers/json-scanner.ts';

/** What the scanner said about a text, pushed in pieces of `size` bytes. */
function scan(text: string, size: number): string[] {
  const said: string[] = [];
  const decode = (bytes: Uint8Array, length: number) => new TextDecoder().decode(bytes.subarray(0, length));
  const handler: JsonHandler = {
    beginObject: () => void said.push('{'),
    endObject: () => void said.push('}'),
    beginArray: () => void said.push('['),
    endArray: () => void said.push(']'),
    key: (bytes, length) => void said.push(`key ${decode(bytes, length)}`),
    string: (bytes, length) => void said.push(`string ${decode(bytes, length)}`),
    number: (bytes, length) => void said.push(decode(bytes, length)),
    literal: (value) => void said.push(String(value)),
    broken: (reason, offset, line) => void said.push(`! ${reason} @${offset} line ${line}`),
  };
  const scanner = new JsonScanner(handler);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  scanner.finish();
  return said;
}

const sizes = [1, 2, 3, 7, 1000];

describe('JSON scanner', () => {
  it.each(sizes)('reads values in pieces of %i bytes', (size) => {
    const text =
      '{"a": [1, -2.5e3, 18446744071592540735, []], "b\\n\\u00e9\\"": {}, "c": "€"}\n[true,null]\n7';
    expect(scan(text, size)).toEqual([
      ...['{', 'key a', '[', '1', '-2.5e3', '18446744071592540735', '[', ']', ']'],
      ...['key b\né"', '{', '}', 'key c', 'string €', '}'],
      ...['[', 'true', 'null', ']', '7'],
    ]);
  });

  it.each(sizes)('gives up a broken line and reads the next, in pieces of %i bytes', (size) => {
    const text = '{"a": [1,, 2]}\nAttaching 3 probes...\n{"b": 2}\n{"c": "x\n[5]\n{"d":';
    expect(scan(text, size)).toEqual([
      ...['{', 'key a', '[', '1', '! not JSON @9 line 1'],
      '! not JSON @24 line 2',
      ...['{', 'key b', '2', '}'],
      ...['{', 'key c', '! not JSON @54 line 4'],
      ...['[', '5', ']'],
      ...['{', 'key d', '! JSON ends in the middle @64 line 6'],
    ]);
  });

  it('bounds depth and text', () => {
    expect(scan('['.repeat(100_000), 4096).at(-1)).toMatch(/nested too deep @64 line 1/);
    expect(scan(`"${'x'.repeat(MAX_JSON_TEXT + 1)}"\n[1]\n`, 4096)).toEqual([
      `! JSON text too long @${MAX_JSON_TEXT + 1} line 1`,
      ...['[', '1', ']'],
    ]);
    expect(scan(`${'9'.repeat(MAX_JSON_TEXT + 1)}\n`, 4096)[0]).toMatch(/too long/);
  });

  it.each(['{1:2}', '[1 2]', '{"a" 1}', '{"a":}', '[}', 'nul', '"\\x"', '"\\u12g4"', ']'])(
    'refuses %s',
    (text) => {
      expect(scan(`${text}\n`, 3).at(-1)).toMatch(/^! not JSON/);
    },
  );
});
