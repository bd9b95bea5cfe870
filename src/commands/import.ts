/** `iotrace import`: raw files of any tracer → one bundle. */
import { basename } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.ts';
import { planImport, type RawFiles } from './plan-import.ts';
import { readGroundTruth } from './read-truth.ts';
import type { Say } from './say.ts';

export interface ImportOptions extends RawFiles {
  readonly output: string;
}

/** Writes the bundle; throws an IotraceError that names the file when one cannot be used. */
export async function importRecording(options: ImportOptions, say: Say): Promise<void> {
  const { output } = options;
  const plan = await planImport(options, basename(output).replace(/\.iotrace\.zip$/, ''), say);
  // What nothing can be held against is no ground truth: said before the bundle is written.
  if (plan.groundTruth !== undefined)
    await readGroundTruth(plan.groundTruth.name, plan.groundTruth.open(), say);
  await writeBundle(output, plan);
  for (const { machine, name, format } of plan.streams) say(`${machine}: ${name}, ${format}`);
  say(`wrote ${output}`);
}
