/** The verdict on a recording, just made or kept by an earlier run. */
import { join } from 'node:path';
import { nameOf, type Run, type Setup } from './configuration.ts';
import { type Evidence, keptEvidence } from './evidence.ts';
import { judge } from './judge.ts';
import { judgeBeside } from './judge-beside.ts';
import { judgeChange } from './judge-change.ts';
import type { Result } from './results.ts';

/** Judges one recording. `bundles`: those of recordings made before, by configuration; its own is added. */
export async function judged(
  name: string,
  run: Run,
  evidence: Evidence,
  tries: number,
  bundles: Map<string, string>,
): Promise<Result> {
  const { checks: alone, figures } = await judge(run, evidence);
  const { bundle, beside } = evidence;
  const own = bundle && beside ? [...alone, ...(await judgeBeside(bundle, beside))] : alone;
  const { change } = run.expect;
  const before = change && bundles.get(change.since);
  const checks =
    change === undefined || before === undefined || evidence.bundle === undefined
      ? own
      : [...own, await judgeChange(change, before, evidence.bundle)];
  if (evidence.bundle !== undefined) bundles.set(name, evidence.bundle);
  const wrong = checks.filter(({ ok }) => !ok);
  return {
    name,
    verdict: wrong.length === 0 ? 'passed' : 'failed',
    why: [
      ...wrong.map(({ name: check, text }) => `${check}: ${text}`),
      ...(change !== undefined && before === undefined
        ? [`not compared with ${change.since}, which was not recorded`]
        : []),
    ].join('\n'),
    checks,
    figures,
    seconds: evidence.seconds,
    tries,
  };
}

/** Judges again what earlier runs kept in a boot's folder, of these setups. */
export async function judgedAgain(out: string, setups: readonly Setup[]): Promise<Result[]> {
  const results: Result[] = [];
  const bundles = new Map<string, string>();
  for (const setup of setups)
    for (const run of setup.runs) {
      const name = nameOf(setup, run);
      const evidence = await keptEvidence(join(out, name));
      if (evidence !== undefined) results.push(await judged(name, run, evidence, 1, bundles));
    }
  return results;
}
