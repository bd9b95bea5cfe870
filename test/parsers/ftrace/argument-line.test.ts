import { describe, expect, it } from 'vitest';
import { ArgumentLine } from '../../../parsers/ftrace/argument-line.ts';

describe('ArgumentLine', () => {
  it('asks for the id of a text once', () => {
    let asked = 0;
    const line = new ArgumentLine(() => {
      asked += 1;
      return asked;
    });
    const ids = ['irq=1 name=eth0', 'irq=2 name=eth1', 'irq=3 name=eth0'].map((text) => {
      line.set(Buffer.from(`${text}\n`), 11, text.length);
      return line.restAsString();
    });
    expect(ids).toEqual([1, 2, 1]);
    expect(asked).toBe(2);
  });
});
