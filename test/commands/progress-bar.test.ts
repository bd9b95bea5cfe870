import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../../src/commands/progress-bar.ts';

/** Ten chunks of 100 bytes, one every 150 ms, through a bar; what it wrote. */
async function written(isTTY: boolean): Promise<string[]> {
  const texts: string[] = [];
  let ms = 0;
  const bar = new ProgressBar({ isTTY, write: (text) => texts.push(text) }, 1000, () => ms);
  const chunks = async function* () {
    for (let chunk = 0; chunk < 10; chunk++) {
      ms += 150;
      yield new Uint8Array(100);
    }
  };
  let bytes = 0;
  for await (const chunk of bar.watch(chunks())) bytes += chunk.length;
  expect(bytes).toBe(1000);
  bar.clear();
  return texts;
}

describe('ProgressBar', () => {
  it('draws the share that was read on one line of a terminal, and takes the line away', async () => {
    const texts = await written(true);
    const lines = texts.map((text) => text.replace('\r\x1b[K', ''));
    // Nothing in the first half second.
    expect(lines[0]).toBe(`reading  40 % ${'█'.repeat(12)}${'░'.repeat(18)}`);
    expect(lines.slice(-2)).toEqual([`reading 100 % ${'█'.repeat(30)}`, '']);
    expect(texts.every((text) => text.startsWith('\r\x1b[K') && !text.includes('\n'))).toBe(true);
  });

  it('writes nothing where there is no terminal', async () => {
    expect(await written(false)).toEqual([]);
  });
});
