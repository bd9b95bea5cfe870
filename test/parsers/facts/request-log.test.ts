import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRequestLog, RequestLogReader, sniffRequestLog } from '../../../parsers/facts/request-log.ts';

const fixture = readFileSync(new URL('../../fixtures/facts/qd1.txt', import.meta.url));
const bytes = (text: string) => new TextEncoder().encode(text);

describe('request log', () => {
  it('reads a recorded log into columns after the first start', () => {
    const { data, problems } = parseRequestLog(fixture);
    expect(problems).toEqual([]);
    expect(data?.requests).toBe(7);
    expect(data?.log.epochNs).toBe(12701922893n);
    expect(data?.log.epochTsc).toBe(38762404344n);
    expect(data?.log.sector[1]).toBe(73264);
    expect([...data!.log.startNs.slice(0, 2)]).toEqual([0, 12714398076 - 12701922893]);
    expect(data?.log.endNs[0]).toBe(12714390014 - 12701922893);
    expect(data?.log.endTsc[0]).toBe(38794752764 - 38762404344);
    const total = [...data!.log.endNs].reduce((sum, end, row) => sum + end - data!.log.startNs[row]!, 0);
    expect(data?.meanNs).toBe(total / 7);
  });

  it('keeps 64-bit times exact where a double would not', () => {
    const { data } = parseRequestLog(
      bytes('0 8 18446744073709551000 18446744073709551613 9007199254740993 9007199254740995\n'),
    );
    expect(data?.log.epochNs).toBe(18446744073709551000n);
    expect(data?.log.endNs[0]).toBe(613);
    expect(data?.log.epochTsc).toBe(9007199254740993n);
    expect(data?.log.endTsc[0]).toBe(2);
  });

  it('reads the same in chunks that are cut anywhere', () => {
    const text = '# a comment\n0 8 100 200 1000 2000\n\n1 8 300 250 3000 4000\r\n2 16 300 400 3000 4000';
    const whole = parseRequestLog(bytes(text));
    expect(whole.data?.requests).toBe(2);
    for (let size = 1; size <= text.length; size++) {
      const reader = new RequestLogReader();
      const chunk = new Uint8Array(size);
      for (let at = 0; at < text.length; at += size) {
        const part = bytes(text.slice(at, at + size));
        // The same memory again and again, as a file may be read.
        chunk.set(part);
        reader.push(chunk.subarray(0, part.length));
      }
      expect(reader.finish()).toEqual(whole);
    }
  });

  it('names the line and the reason, and goes on', () => {
    const text = [
      '0 8 100 200 1000 2000',
      '1 8 300 250 3000 4000',
      '2 8 300',
      '3 8 300 400 3000 4000 9',
      '4 8 300 4e2 3000 4000',
      '5 8 300 400 3000 2999',
      '6 8 99999999999999999999 99999999999999999999 1 2',
      '# a comment',
      '',
      '7 16 300 400 3000 4000',
    ].join('\n');
    const { data, problems } = parseRequestLog(bytes(text));
    expect(data?.requests).toBe(2);
    expect(data?.log.sector[1]).toBe(16);
    expect(problems).toEqual([
      { line: 2, severity: 'error', reason: 'ends before it starts' },
      { line: 3, severity: 'error', reason: '3 fields, not 6' },
      { line: 4, severity: 'error', reason: 'more than 6 fields' },
      { line: 5, severity: 'error', reason: 'field 4 is not a decimal 64-bit number' },
      { line: 6, severity: 'error', reason: 'the TSC at its end is below the TSC at its start' },
      { line: 7, severity: 'error', reason: 'more than 2^53 away from the first request' },
    ]);
  });
});

describe('damaged request log', () => {
  it('rejects a last line that was cut inside a number', () => {
    const cut = fixture.subarray(0, fixture.length - 3);
    const { data, problems } = parseRequestLog(cut);
    expect(data?.requests).toBe(6);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.line).toBe(7);
  });

  it('takes the epoch from the first usable line and bounds the problem list', () => {
    const bad = '0 8 5 4 1 2\n'.repeat(1000);
    const { data, problems } = parseRequestLog(bytes(`${bad}1 8 100 150 7 9\n`));
    expect(data?.log.epochNs).toBe(100n);
    expect(problems).toHaveLength(51);
    expect(problems[50]?.reason).toBe('950 more problems');
    expect(parseRequestLog(bytes('nothing here\n')).data).toBeUndefined();
  });

  it('recognises content, not names', () => {
    expect(sniffRequestLog(fixture)).toBe(true);
    expect(sniffRequestLog(bytes('# comment\n\n0 8 1 2 3 4\r\n'))).toBe(true);
    expect(sniffRequestLog(bytes('tid 8107 IO io0\n'))).toBe(false);
    expect(sniffRequestLog(bytes('0 8 1 2 3\n'))).toBe(false);
    expect(sniffRequestLog(new Uint8Array())).toBe(false);
  });
});
