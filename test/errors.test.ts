import { describe, expect, it } from 'vitest';
import { EXIT_CODES, IotraceError, messageOf, quoted, systemCode } from '../src/errors.ts';

describe('errors', () => {
  it('carry facts, what to do, the cause and the exit code', () => {
    const cause = new Error('below');
    const error = new IotraceError('bad-option', 'x is 3', {
      hint: 'Use 2.',
      cause,
      exitCode: EXIT_CODES.usage,
    });
    expect(error).toMatchObject({
      code: 'bad-option',
      message: 'x is 3',
      hint: 'Use 2.',
      cause,
      exitCode: 2,
    });
    expect(new IotraceError('x', 'y')).toMatchObject({ hint: undefined, exitCode: 1 });
    expect('cause' in new IotraceError('x', 'y')).toBe(false);
  });

  it('end the process with the documented numbers', () => {
    expect(EXIT_CODES).toEqual({ ok: 0, failed: 1, usage: 2, belowGrade: 3, interrupted: 130 });
  });

  it('quote foreign text so that it can do nothing, and shorten it', () => {
    expect(quoted('a\u001b[31m\n\u202eb')).toBe("'a\\u{1b}[31m\\u{a}\\u{202e}b'");
    expect(quoted('é x')).toBe("'é x'");
    expect(quoted('x'.repeat(1000))).toHaveLength(203);
  });

  it('read what the system or anybody else throws', () => {
    expect(systemCode(Object.assign(new Error(), { code: 'ENOENT' }))).toBe('ENOENT');
    expect([systemCode(new Error()), systemCode('x'), systemCode({ code: 'E' })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([messageOf(new Error('a')), messageOf('b')]).toEqual(['a', 'b']);
  });
});
