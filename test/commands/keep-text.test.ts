import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepText } from '../../src/commands/keep-text.ts';

describe('what a failed recording leaves', () => {
  let parent: string;

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'iotrace-keep-'));
  });
  afterAll(() => rm(parent, { recursive: true }));

  /** Names left of a folder with such files, and what is said. */
  async function kept(files: Readonly<Record<string, string>>): Promise<{ left: string[]; said: string[] }> {
    const folder = await mkdtemp(join(parent, 'run-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const said: string[] = [];
    await keepText(folder, (line) => said.push(line.replace(folder, 'FOLDER')));
    return { left: await readdir(folder).catch(() => ['no folder']), said };
  }

  it('is the streams that something was written to', async () => {
    const { left, said } = await kept({ 'cpu0.trace': '# tracer: nop\n', 'cpu1.trace': '' });
    expect(left).toEqual(['cpu0.trace']);
    expect(said).toEqual([expect.stringMatching(/^the trace is still in FOLDER: iotrace import /)]);
  });

  it('is nothing where nothing was written', async () => {
    expect(await kept({ 'cpu0.trace': '' })).toEqual({ left: ['no folder'], said: [] });
    expect(await kept({})).toEqual({ left: ['no folder'], said: [] });
  });
});
