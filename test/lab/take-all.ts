/** All setups on one host, which is booted anew when it wedges; what a wedge cost is tried once more, then named. */
import { messageOf } from '../../src/errors.ts';
import { nameOf, type Run, type Setup } from './configuration.ts';
import type { Emulator } from './emulator.ts';
import type { Image } from './image/build-image.ts';
import { judged } from './judged.ts';
import { LiveHost } from './live-host.ts';
import { type Result, resultLine, type Verdict, type Versions } from './results.ts';
import { Deadline, enter, leave, recordRun, StepFailed, Wedged } from './run-setup.ts';
import type { Say } from './say.ts';
import { versionsOf } from './versions.ts';

export interface Place {
  readonly image: Image;
  readonly emulator: Emulator;
  readonly project: string;
  /** Start of the names of the boots' folders, bundles included. */
  readonly folder: string;
  /** For entering a setup, and for each recording. */
  readonly limitMs: number;
  /** No setup is entered after that; as Date.now(). */
  readonly endMs: number;
  /** A recording that did not hold is made once more, and what did not hold is kept. */
  readonly retries: boolean;
}

const TRIES = 2;

/** Results in the order they came, and what was booted. */
export async function takeAll(
  place: Place,
  setups: readonly Setup[],
  say: Say,
): Promise<{ results: readonly Result[]; versions: Versions }> {
  const visit = new Visit(place, say);
  try {
    for (const setup of setups) await visit.take(setup);
  } finally {
    await visit.end();
  }
  return visit;
}

class Visit {
  readonly results: Result[] = [];
  versions: Versions = {};
  private readonly place: Place;
  private readonly say: Say;
  private readonly bundles = new Map<string, string>();
  private host: LiveHost | undefined;
  private boots = 0;

  constructor(place: Place, say: Say) {
    this.place = place;
    this.say = say;
  }

  /** Everything of one setup, whatever happens. */
  async take(setup: Setup): Promise<void> {
    const why = setup.impossible?.[this.place.image.release.name];
    let waiting = [...setup.runs];
    let entries = 0;
    const tries = new Map<Run, number>();
    const giveUp = (run: Run, verdict: Verdict, reason: string) => {
      this.keep(setup, run, verdict, reason, Math.max(1, tries.get(run) ?? entries));
      waiting = waiting.filter((other) => other !== run);
    };
    if (why !== undefined) for (const run of waiting) giveUp(run, 'impossible', why);
    if (Date.now() > this.place.endMs) for (const run of waiting) giveUp(run, 'no time', 'the time was up');
    while (waiting.length > 0) {
      let at: Run | undefined;
      try {
        entries++;
        const host = await this.booted();
        await enter(host, setup, new Deadline(this.place.limitMs));
        entries = 0;
        for (at of [...waiting]) {
          tries.set(at, (tries.get(at) ?? 0) + 1);
          let result = await this.takeRun(host, setup, at, tries.get(at)!);
          if (this.place.retries && result.verdict === 'failed' && result.tries < TRIES) {
            this.say(resultLine(result));
            const { why } = result;
            tries.set(at, TRIES);
            result = await this.takeRun(host, setup, at, TRIES);
            result = { ...result, why: [`try 1: ${why}`, result.why].join('\n').trim() };
          }
          this.results.push(result);
          this.say(resultLine(result));
          waiting = waiting.filter((run) => run !== at);
        }
        await leave(host, new Deadline(this.place.limitMs));
      } catch (error) {
        if (!(error instanceof Wedged || error instanceof StepFailed)) throw error;
        const name = at === undefined ? setup.name : nameOf(setup, at);
        const tried = at === undefined ? entries : tries.get(at)!;
        this.say(`${name}, try ${tried}: ${error.message}`);
        await this.end();
        if (tried < TRIES) continue;
        const verdict = error instanceof StepFailed ? 'failed' : 'wedged';
        for (const run of at === undefined ? [...waiting] : [at]) giveUp(run, verdict, error.message);
      }
    }
  }

  /** Ends the host, if one is up. */
  async end(): Promise<void> {
    await this.host?.stop();
    this.host = undefined;
  }

  private async booted(): Promise<LiveHost> {
    if (this.host !== undefined) return this.host;
    const { image, emulator, project, folder } = this.place;
    const boot = () => LiveHost.boot(image, emulator, project, `${folder}-${++this.boots}`);
    const host = await boot().catch((error: unknown) => {
      this.say(messageOf(error));
      return boot();
    });
    this.host = host;
    this.say(`the host is up after ${(host.bootMs / 1000).toFixed(1)} s; recordings go to ${host.out}`);
    if (Object.keys(this.versions).length === 0) this.versions = await versionsOf(host, emulator);
    return host;
  }

  private async takeRun(host: LiveHost, setup: Setup, run: Run, tried: number): Promise<Result> {
    const evidence = await recordRun(host, setup, run, new Deadline(this.place.limitMs));
    return judged(nameOf(setup, run), run, evidence, tried, this.bundles);
  }

  private keep(setup: Setup, run: Run, verdict: Verdict, why: string, tries: number): void {
    const name = nameOf(setup, run);
    const result = { name, verdict, why, checks: [], figures: undefined, seconds: 0, tries };
    this.results.push(result);
    this.say(resultLine(result));
  }
}
