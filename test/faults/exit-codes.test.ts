/** What a user's shell learns of a damaged recording: some of the matrix's drawn cases through the built program. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { randomFrom } from '../support/damage.ts';
import { LOST_EVENTS } from './lost-events.ts';
import { drawnSubject } from './subjects.ts';
import { WRONG_LINES } from './wrong-lines.ts';
import { WRONG_STAMPS } from './wrong-stamps.ts';

const FAULTS = [...LOST_EVENTS, ...WRONG_LINES, ...WRONG_STAMPS];

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterAll(() => rm(room, { recursive: true }));

/** Stamps of the kernel's monotonic clock. */
const SUBJECT = 5;

/** What a report on a drawn recording with a fault says: grade, exit status, complaints. */
async function reportOn(name: string | undefined, args: readonly string[]) {
  const { texts } = drawnSubject(SUBJECT);
  const fault = FAULTS.find((each) => each.name === name);
  const { guest, host } =
    fault === undefined ? texts : fault.inject(texts, randomFrom(1000 * SUBJECT))!.texts;
  const bundle = join(room, 'drawn.iotrace.zip');
  await writeFile(join(room, 'guest.trace'), guest, 'latin1');
  await writeFile(join(room, 'host.trace'), host, 'latin1');
  const sources = ['--guest', join(room, 'guest.trace'), '--host', join(room, 'host.trace')];
  const imported = await runCli(['import', ...sources, '-o', bundle]);
  expect(imported).toMatchObject({ exitCode: 0 });
  const { exitCode, stdout, stderr } = await runCli(['report', bundle, ...args]);
  return { exitCode, stderr, grade: /^grade ([A-F])/m.exec(stdout)?.[1] };
}

describe('the exit status of a report', () => {
  it.each([
    { what: 'a sound recording', fault: undefined, args: [], grade: 'B', exitCode: 0 },
    {
      what: 'less than was asked for',
      fault: undefined,
      args: ['--min-grade', 'A'],
      grade: 'B',
      exitCode: 3,
    },
    { what: 'a burst of lost events', fault: 'lost, a burst', args: [], grade: 'E', exitCode: 3 },
  ])('$what', async ({ fault, args, grade, exitCode }) => {
    expect(await reportOn(fault, args)).toMatchObject({ grade, exitCode });
  });

  it('a CPU whose clock is off and without whose events nothing can be followed', async () => {
    const { exitCode, grade, stderr } = await reportOn('one CPU is off, lines put in order', []);
    expect({ exitCode, grade }).toEqual({ exitCode: 1, grade: undefined });
    expect(stderr).toMatch(/the clock of CPU [\d or]+ of the host is off by at least \d+ µs/);
  });
});
