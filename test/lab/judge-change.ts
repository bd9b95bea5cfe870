/** Whether `iotrace diff` shows what was changed between two recordings: findings, hops and pinned threads. */
import { execa } from 'execa';
import type { DiffModel } from '../../src/diff/diff-model.ts';
import type { ExpectedChange } from './configuration.ts';
import type { Check } from './judge.ts';

/** Compares two bundles by the built command. */
export async function judgeChange(
  { since, cured }: ExpectedChange,
  before: string,
  after: string,
): Promise<Check> {
  const command = ['dist/src/cli.js', 'diff', '-f', 'json', before, after];
  const { stdout } = await execa(process.execPath, command, { maxBuffer: 1 << 26 });
  const { found, settings } = JSON.parse(stdout) as DiffModel;
  const gone = found.filter(({ name, a, b }) => name.startsWith('finding ') && a !== null && b === null);
  const hops = found.find(({ name }) => name === 'hops between nodes a request');
  const pinned = settings.filter(({ a, b }) => [a, b].every((text) => text?.includes('may run on CPUs')));
  const isCured = cured.every((id) => gone.some(({ name }) => name === `finding ${id}`));
  return {
    name: `change since ${since}`,
    ok: isCured && Number(hops?.a) > 0 && Number(hops?.b) === 0 && pinned.length > 0,
    text: `gone: ${gone.map(({ name }) => name).join(', ') || 'nothing'}; hops ${hops?.a} → ${hops?.b}; ${pinned.length} threads may run elsewhere`,
  };
}
