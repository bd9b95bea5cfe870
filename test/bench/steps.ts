/** A report of trace files without a bundle around them, step by step. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { analyze, followRecording } from '../../src/commands/analyze.ts';
import { readSource } from '../../src/commands/read-source.ts';
import { readTruth } from '../../src/commands/read-truth.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import { breakdown } from '../../src/stats/breakdown.ts';
import { countsPerRequest } from '../../src/stats/counts.ts';
import { numaStats } from '../../src/stats/numa.ts';
import type { MachineName } from '../../src/trace/recording.ts';
import type { DrawnRecording } from './draw-recording.ts';

export interface Step {
  readonly name: string;
  readonly ms: number;
}

/** Times of the steps of a report on a drawn recording; all in this process. */
export async function timeSteps(drawn: DrawnRecording): Promise<Step[]> {
  const steps: Step[] = [];
  let began = performance.now();
  const done = (name: string) => {
    steps.push({ name, ms: performance.now() - began });
    began = performance.now();
  };
  const source = (name: string, machine: MachineName) =>
    readSource(name, machine, ftraceText, createReadStream(name), statSync(name).size);
  const sources = [await source(drawn.host, 'host'), await source(drawn.guest, 'guest')];
  done('read and parse, by one thread');
  const { truth } = readTruth(drawn.log, readFileSync(drawn.log));
  done('request log');
  const recording = { sources, groundTruth: truth, facts: {} };
  const followed = followRecording(recording, {});
  if ('failure' in followed) throw new Error(followed.failure);
  done('integrity, clocks, correlation');
  const { correlated } = followed;
  const position = new Map(correlated.path.points.map(({ point }, index) => [point, index]));
  const { matched } = breakdown(correlated.requests, (point) => position.get(point) ?? 0);
  countsPerRequest(correlated, matched);
  numaStats(correlated, matched, {});
  done('statistics');
  const model = analyze(recording, { version: '0', title: 'synthetic' });
  if ('failure' in model) throw new Error(model.failure);
  began = performance.now();
  renderTerminal(model, { width: 79, color: false });
  done('render');
  return steps;
}
