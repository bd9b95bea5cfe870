/** The verdict on a recording, just made or kept by an earlier run. */
import { join } from 'node:path';
import { nameOf, type Run, type Setup } from './configuration.ts';
import { type Evidence, keptEvidence } from './evidence.ts';
import { judge } from './judge.ts';
import type { Result } from './results.ts';

/** Judges one recording. */
export async function judged(name: string, run: Run, evidence: Evidence, tries: number): Promise<Result> {
  const { checks, figures } = await judge(run, evidence);
  const wrong = checks.filter(({ ok }) => !ok);
  return {
    name,
    verdict: wrong.length === 0 ? 'passed' : 'failed',
    why: wrong.map(({ name: check, text }) => `${check}: ${text}`).join('\n'),
    checks,
    figures,
    seconds: evidence.seconds,
    tries,
  };
}

/** Judges again what earlier runs kept in a boot's folder, of these setups. */
export async function judgedAgain(out: string, setups: readonly Setup[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const setup of setups)
    for (const run of setup.runs) {
      const name = nameOf(setup, run);
      const evidence = await keptEvidence(join(out, name));
      if (evidence !== undefined) results.push(await judged(name, run, evidence, 1));
    }
  return results;
}
