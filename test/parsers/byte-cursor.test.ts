import { describe, expect, it } from 'vitest';
import { ascii, ByteCursor, indexOfText, lastIndexOfText, startsWith } from '../../parsers/byte-cursor.ts';

function cursor(text: string): ByteCursor {
  const line = new ByteCursor();
  line.set(Buffer.from(`${text}\n9f`), 0, text.length);
  return line;
}

describe('ByteCursor on numbers', () => {
  it.each([
    ['0', 0],
    ['142136 + 8', 142136],
    ['999999999', 999_999_999],
    ['1000000000', 1_000_000_000],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['x', -1],
    ['', -1],
  ])('reads %j as decimal %d', (text, value) => {
    const line = cursor(text);
    expect(line.decimal()).toBe(value);
    expect(line.at).toBe(value < 0 ? 0 : String(value).length);
  });

  it('does not read on behind the end of the line', () => {
    expect(cursor('12').decimal()).toBe(12);
    expect(cursor('0xa').hex()).toBe(10);
    expect(cursor('123456789').decimal()).toBe(123_456_789);
  });

  it.each([
    ['ff, buf', 0xff],
    ['0xfebf7000 val', 0xfebf7000],
    ['7ff679dfd350', 0x7ff679dfd350],
    ['0xffff88816a6d4940', 0x88816a6d4940],
    ['0000000011f77226', 0x11f77226],
    ['FFfa', 0xfffa],
    ['0x', 0],
    ['xyz', -1],
  ])('reads %j as hexadecimal, of which the low 48 bits count', (text, value) => {
    expect(cursor(text).hex()).toBe(value);
  });

  it.each([
    ['0x8', 8],
    ['0x80000000', 0x80000000],
    ['0xfffffffffffffff2', -14],
    ['0xffffffffffffffff', -1],
    ['0x7fff12345678', 0x7fff12345678],
  ])('reads the return value %s as %d', (text, value) => {
    expect(cursor(text).signedHex()).toBe(value);
  });

  it.each(['0x7fffffffffffffff', '0x10000000000000000', 'g'])('has no return value for %s', (text) => {
    expect(cursor(text).signedHex()).toBeNaN();
  });
});

describe('ByteCursor on a line', () => {
  it.each([
    ['7', 7],
    ['-22 ', -22],
    ['0x1f', 31],
    ['0', 0],
  ])('reads the probe argument %j as %d', (text, value) => {
    expect(cursor(text).number()).toBe(value);
    expect(cursor(text).signedNumber()).toBe(value);
  });

  it('knows the two readings of a hexadecimal 64-bit argument', () => {
    expect(cursor('0xffffffffffffffea').number()).toBe(0xffffffffffea);
    expect(cursor('0xffffffffffffffea').signedNumber()).toBe(-22);
  });

  it.each(['', '-', '- 1', '(fault)'])('has no probe argument in %j and does not move', (text) => {
    const line = cursor(text);
    expect(line.number()).toBeNaN();
    expect(line.at).toBe(0);
  });

  it('moves over bytes and texts', () => {
    const line = cursor('ab  cd=1');
    expect(line.skip(0x61)).toBe(true);
    expect(line.skip(0x61)).toBe(false);
    expect(line.skipPast(0x62)).toBe(true);
    line.skipBlanks();
    expect(line.skipText(ascii('cx'))).toBe(false);
    expect(line.skipPastText(ascii('d='))).toBe(true);
    expect(line.peek()).toBe(0x31);
    expect(line.skipPastText(ascii('1\n'))).toBe(false);
    expect(line.skipPast(0x7a)).toBe(false);
    expect(line.peek()).toBe(-1);
  });
});

describe('texts in bytes', () => {
  const bytes = Buffer.from('ababab');

  it('finds the first and the last occurrence inside the bounds', () => {
    expect(indexOfText(bytes, ascii('ab'), 1, 6)).toBe(2);
    expect(lastIndexOfText(bytes, ascii('ab'), 0, 5)).toBe(2);
    expect(indexOfText(bytes, ascii('ab'), 5, 6)).toBe(-1);
    expect(lastIndexOfText(bytes, ascii('ba'), 2, 4)).toBe(-1);
  });

  it('compares inside the bounds', () => {
    expect(startsWith(bytes, ascii('aba'), 0, 6)).toBe(true);
    expect(startsWith(bytes, ascii('aba'), 0, 2)).toBe(false);
  });
});
