/**
 * `npm run lab [-- --debian 12|13|sid] [CONFIGURATION…]`: boots a KVM host under emulation, records every configuration
 * there with the built iotrace, and holds each recording against what the reader measured. Exit status 1 when one failed.
 */
import { appendFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { cannotRun } from './cannot-run.ts';
import { nameOf, type Setup } from './configuration.ts';
import { type Emulator, emulatorIn, INSTALLED } from './emulator.ts';
import { type Image, imageOf } from './image/build-image.ts';
import { judgedAgain } from './judged.ts';
import { archiveAnswers } from './machine-apt.ts';
import { RELEASES, type Release, releaseByName } from './releases.ts';
import { resultLine, resultsSection } from './results.ts';
import { EVERY_PATH_ONCE, SETUPS } from './setups.ts';
import { takeAll } from './take-all.ts';

const USAGE = `usage: npm run lab -- [options] [configuration…]
  --debian RELEASE   ${RELEASES.map(({ name }) => name).join(', ')} (default: 12)
  --every-path       each path once instead of the whole matrix
  --limit SECONDS    for entering a setup, and for each recording (default: 60)
  --retry            make a recording that did not hold once more, and say what did not hold
  --minutes MINUTES  begin no setup later than that; what is left is skipped, by name
  --again FOLDER     judge again what an earlier run kept there (boot-…/out); nothing is booted
  --json FILE        write the verdicts' counts there
  --results FILE     append the table of results there
  --list             print the configurations and end`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    debian: { type: 'string', default: '12' },
    'every-path': { type: 'boolean', default: false },
    limit: { type: 'string', default: '60' },
    retry: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '240' },
    again: { type: 'string' },
    json: { type: 'string' },
    results: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** The setups and runs that are asked for; undefined when a name is not one. */
function chosen(names: readonly string[]): Setup[] | undefined {
  const all = SETUPS.flatMap((setup) => setup.runs.map((run) => nameOf(setup, run)));
  const unknown = names.find((name) => !all.includes(name) && !SETUPS.some((setup) => setup.name === name));
  if (unknown !== undefined) {
    say(`no configuration is named ${unknown}; --list prints them`);
    return undefined;
  }
  if (names.length === 0) return [...SETUPS];
  return SETUPS.map((setup) => ({
    ...setup,
    runs: setup.runs.filter((run) => names.includes(nameOf(setup, run))),
  })).filter(({ runs }) => runs.length > 0);
}

async function main(): Promise<number> {
  if (values.help || values.list) {
    process.stdout.write(
      values.help
        ? `${USAGE}\n`
        : `${SETUPS.flatMap((setup) => setup.runs.map((run) => nameOf(setup, run))).join('\n')}\n`,
    );
    return 0;
  }
  const release = releaseByName(values.debian);
  const setups = chosen(values['every-path'] ? EVERY_PATH_ONCE : positionals);
  if (release === undefined || setups === undefined) {
    say(USAGE);
    return 2;
  }
  if (values.again !== undefined) {
    const results = await judgedAgain(values.again, setups);
    process.stdout.write(`${results.map(resultLine).join('\n')}\n`);
    return results.every(({ verdict }) => verdict === 'passed') ? 0 : 1;
  }
  const project = process.cwd();
  const began = Date.now();
  const machine = await machineFor(release, project);
  if ('skipped' in machine) {
    say(`the lab is skipped: ${machine.skipped}`);
    const count = setups.reduce((sum, { runs }) => sum + runs.length, 0);
    await writeCounts(0, 0, count);
    return 0;
  }
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'iotrace-lab', `boot-${process.pid}`);
  const endMs = began + Number(values.minutes) * 60_000;
  const place = {
    ...machine,
    project,
    folder,
    limitMs: Number(values.limit) * 1000,
    endMs,
    retries: values.retry,
  };
  const { results, versions } = await takeAll(place, setups, say);
  const failed = results.filter(({ verdict }) => verdict === 'failed');
  const passed = results.filter(({ verdict }) => verdict === 'passed');
  const heading = `Debian ${release.name}, ${new Date().toISOString().slice(0, 10)}`;
  const section = resultsSection(heading, versions, results, (Date.now() - began) / 60_000);
  if (values.results !== undefined) await appendFile(values.results, `\n${section}`);
  process.stdout.write(section);
  await writeCounts(passed.length, failed.length, results.length - passed.length - failed.length);
  return failed.length > 0 ? 1 : 0;
}

/** What is booted, and by which emulator; or why that cannot be had on this machine. */
async function machineFor(
  release: Release,
  project: string,
): Promise<{ image: Image; emulator: Emulator } | { skipped: string }> {
  const reason = await cannotRun();
  if (reason !== undefined) return { skipped: reason };
  try {
    const image = await imageOf(release, project, say);
    const from = release.emulator === undefined ? undefined : releaseByName(release.emulator.from)!;
    const emulator = from === undefined ? INSTALLED : emulatorIn((await imageOf(from, project, say)).root);
    return { image, emulator };
  } catch (error) {
    if (await archiveAnswers()) throw error;
    return { skipped: `Debian’s archive cannot be reached: ${messageOf(error).slice(-300)}` };
  }
}

async function writeCounts(passed: number, failed: number, skipped: number): Promise<void> {
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ passed, failed, skipped }));
}

// What runs for the lab is ended when it exits.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exitCode = await main();
