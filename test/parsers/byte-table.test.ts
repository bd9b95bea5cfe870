import { describe, expect, it } from 'vitest';
import { ByteTable, hashBytes, NOT_FOUND } from '../../parsers/byte-table.ts';

const SAME_HASH = 42;

function view(text: string): DataView {
  const bytes = Buffer.from(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

describe('ByteTable', () => {
  it('finds what was added, anywhere in other bytes', () => {
    const table = new ByteTable(4);
    const name = view('kvm_exit:');
    expect(table.add(name, 0, 9, hashBytes(name, 0, 9), 7)).toBe(true);
    const line = view('...kvm_exit: vcpu');
    expect(table.find(line, 3, 12, hashBytes(line, 3, 12))).toBe(7);
    expect(table.find(line, 3, 11, hashBytes(line, 3, 11))).toBe(NOT_FOUND);
  });

  it('keeps keys with the same hash apart', () => {
    const table = new ByteTable(8);
    for (const [value, name] of ['abcd', 'abce', 'abcdabcd', 'abcdabce', 'bbcdabcd', 'abcdx'].entries()) {
      expect(table.find(view(name), 0, name.length, SAME_HASH)).toBe(NOT_FOUND);
      expect(table.add(view(name), 0, name.length, SAME_HASH, value)).toBe(true);
    }
    expect(table.find(view('abcdabcd'), 0, 8, SAME_HASH)).toBe(2);
    expect(table.find(view('abcdx'), 0, 5, SAME_HASH)).toBe(5);
    expect(table.find(view('abcdy'), 0, 5, SAME_HASH)).toBe(NOT_FOUND);
  });

  it('refuses what it cannot hold, and still finds the rest', () => {
    const table = new ByteTable(2);
    const long = 'x'.repeat(129);
    expect(table.add(view('abc'), 0, 3, 1, 0)).toBe(false);
    expect(table.add(view(long), 0, 129, 1, 0)).toBe(false);
    expect(table.add(view('one '), 0, 4, 1, 1)).toBe(true);
    expect(table.add(view('two '), 0, 4, 2, 2)).toBe(true);
    expect(table.add(view('three'), 0, 5, 3, 3)).toBe(false);
    expect(table.find(view('two '), 0, 4, 2)).toBe(2);
    expect(table.find(view('three'), 0, 5, 3)).toBe(NOT_FOUND);
  });

  it('holds many long keys', () => {
    const table = new ByteTable(256);
    const names = Array.from({ length: 256 }, (_, i) => `${'event_name_'.repeat(11)}${i}`.slice(-128));
    for (const [i, name] of names.entries()) {
      expect(table.add(view(name), 0, name.length, hashBytes(view(name), 0, name.length), i)).toBe(true);
    }
    const found = names.map((name) =>
      table.find(view(name), 0, name.length, hashBytes(view(name), 0, name.length)),
    );
    expect(found).toEqual(names.map((_, i) => i));
  });
});
