/** Holds the table of samples/broken/README.md against the program. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, runCli } from './run-cli.ts';

const FOLDER = `${ROOT}samples/broken`;

const rows = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| file') && !line.startsWith('| ---'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, file, , says, grade, followed, exitCode]) => ({
    file: file!,
    says: says!,
    grade: grade!,
    followed: followed!,
    exitCode: Number(exitCode),
  }));

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterAll(() => rm(room, { recursive: true }));

describe('samples/broken', () => {
  it('holds the files of its table', () => {
    const files = readdirSync(FOLDER).filter((file) => file !== 'README.md');
    expect(files.toSorted()).toEqual(rows.map(({ file }) => file).toSorted());
  });

  it.each(rows)('$file is answered as the table says', { timeout: 60_000 }, async (row) => {
    const args = row.file.endsWith('.trace')
      ? ['import', '--host', row.file, '-o', join(room, 'never.iotrace.zip')]
      : ['report', row.file];
    const { exitCode, stdout, stderr } = await runCli(args, FOLDER);
    const said = `${stderr}${stdout}`.replace(/\s+/g, ' ');
    expect(said).toContain(row.says);
    expect(exitCode).toBe(row.exitCode);
    if (row.grade === '–') expect(stdout).toBe('');
    else expect(said).toContain(`grade ${row.grade} ${row.followed} requests followed`);
  });
});
