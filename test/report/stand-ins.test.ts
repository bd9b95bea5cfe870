/** Where another event stands for a point's own, that is said: of one recording, and between two. */
import { expect, it } from 'vitest';
import { recordingNotes } from '../../src/diff/notes.ts';
import type { RecordedRun } from '../../src/diff/recorded-run.ts';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import { analyzeTexts, realSubject } from '../faults/subjects.ts';

async function reportWithout(pattern: RegExp): Promise<ReportModel> {
  const { texts, facts } = await realSubject('virtio-blk-iothread', 0.2);
  const lines = texts.host.split('\n').filter((line) => !pattern.test(line));
  // The header counts events, and would tell that some are missing.
  const host = lines.filter((line) => !line.includes('entries-written')).join('\n');
  const analyzed = await analyzeTexts({ ...texts, host }, facts);
  if ('failure' in analyzed) throw new Error(analyzed.failure);
  return analyzed.report;
}

it('is said of the points that are borders, and of no others', async () => {
  const whole = await reportWithout(/ nothing /);
  expect(whole.standIns).toEqual([]);
  const report = await reportWithout(/ eventfd_read: /);
  expect(report.requests.matched).toBeGreaterThan(50);
  expect(report.standIns.map(({ point, event, instead }) => [point, event, instead])).toEqual([
    ['backend:kick-read', 'sys_enter_read', 'eventfd_read'],
    ['backend:complete-read', 'sys_enter_read', 'eventfd_read'],
  ]);
  const said = 'sys_enter_read stands for it, the beginning of the system call that reads it';
  for (const text of [
    renderTerminal(report, { width: 200, color: false }),
    renderMarkdown(report, undefined).replaceAll('`', ''),
  ]) {
    expect(text).toContain(`eventfd_read for backend:kick-read (`);
    expect(text).toContain(said);
  }
});

it('is said of two recordings that differ in it', async () => {
  const run = (model: ReportModel) => ({ name: '', model }) as RecordedRun;
  const whole = run(await reportWithout(/ nothing /));
  const without = run(await reportWithout(/ eventfd_read: /));
  const notes = (a: RecordedRun, b: RecordedRun) =>
    recordingNotes(
      {
        stages: [],
        method: { unit: 'runs', paired: false } as Parameters<typeof recordingNotes>[0]['method'],
      },
      [a],
      [b],
    );
  expect(notes(whole, whole)).toEqual([]);
  expect(notes(without, without)).toEqual([]);
  expect(notes(whole, without)).toEqual([
    'backend:kick-read is another moment on either side: A has eventfd_read, B has sys_enter_read.',
    'backend:complete-read is another moment on either side: A has eventfd_read, B has sys_enter_read.',
  ]);
});
