/** A trace stamped with the TSC beside an application's log of another clock, whose lines have no ticks. */
import { expect, it } from 'vitest';
import { tickRate } from '../../src/clocks/ticks.ts';
import { analyze } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { Recording } from '../../src/trace/recording.ts';

const SAMPLE = new URL('../../samples/virtio-blk-iothread-x86-tsc.iotrace.zip', import.meta.url).pathname;
const { recording } = await openRecording(SAMPLE, undefined, () => undefined);

/** What the report says of the log when its clock reads so much later; its ticks are left out. */
function truthBeside(laterNs: bigint) {
  const truth = recording.groundTruth!;
  const log = truth.log!;
  const none = log.startTsc.map(() => 0);
  const without = { ...log, startTsc: none, endTsc: none, epochTsc: 0n, epochNs: log.epochNs + laterNs };
  const changed: Recording = { ...recording, groundTruth: { ...truth, log: without } };
  // With its ticks goes what told their rate.
  const tscHz = 1e9 / tickRate(log, recording.facts)!.nsPerTick;
  const report = analyze(changed, { version: 'test', title: '', tscHz });
  if ('failure' in report) throw new Error(report.failure);
  return { stages: report.stages.map(({ id }) => id), truth: report.groundTruth! };
}

it.each([
  ['far from the trace', 0n],
  ['as if both had begun with the machine', -recording.groundTruth!.log!.epochNs],
])('its lines are found, %s, and their times are no ends of stages', (_, laterNs) => {
  const { stages, truth } = truthBeside(laterNs);
  expect(truth.matched / truth.requests).toBeGreaterThan(0.98);
  expect(stages).not.toContain('user-to-syscall');
  expect(stages).not.toContain('syscall-to-user');
});
