import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteWord } from '../../src/capture/guest/shell-words.ts';
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
    await keepText(folder, (line) => said.push(line.replaceAll(quoteWord(folder), 'FOLDER')));
    return { left: await readdir(folder).catch(() => ['no folder']), said };
  }

  it('is the streams that something was written to, and a command that reads them', async () => {
    const { left, said } = await kept({
      'machine-cpu0.trace': '# tracer: nop\n',
      'machine-cpu1.trace': '',
      'guest.trace': '# tracer: nop\n',
    });
    expect(left.sort()).toEqual(['guest.trace', 'machine-cpu0.trace']);
    expect(said).toEqual([
      'the trace is still in FOLDER: iotrace import --host FOLDER/*-cpu*.trace --guest FOLDER/guest.trace -o FILE',
    ]);
  });

  it('names the file of perf and of bpftrace', async () => {
    const perf = await kept({ 'machine-all.perf.data': 'PERFILE2' });
    expect(perf.said[0]).toContain(' --host FOLDER/*.perf.data -o FILE');
    const bpftrace = await kept({ 'machine-bpftrace.json': '{}', 'machine-bpftrace.bt': 'BEGIN {}' });
    expect(bpftrace.said[0]).toContain(' --host FOLDER/*-bpftrace.json -o FILE');
  });

  it('is nothing where nothing was written', async () => {
    expect(await kept({ 'machine-cpu0.trace': '' })).toEqual({ left: ['no folder'], said: [] });
    expect(await kept({})).toEqual({ left: ['no folder'], said: [] });
  });
});
