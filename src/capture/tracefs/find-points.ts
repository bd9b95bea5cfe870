/** Which wanted points this kernel's tracefs has, told by its files, never by the kernel's version. */
import { type FoundPoint, pointMissing, pointName, type WantedPoint } from '../wanted-point.ts';
import type { TraceFiles } from './trace-files.ts';

/** What of the wanted points can be armed, and the names of the others. Throws an IotraceError when a required one is missing. */
export async function findPoints(
  files: TraceFiles,
  wanted: readonly WantedPoint[],
): Promise<{ found: FoundPoint[]; missing: string[] }> {
  const found: FoundPoint[] = [];
  const missing: string[] = [];
  for (const point of wanted) {
    const here = await find(files, point);
    if (here !== undefined) found.push(here);
    else if (point.required === true) throw pointMissing(point);
    else missing.push(pointName(point));
  }
  return { found, missing };
}

async function find(files: TraceFiles, point: WantedPoint): Promise<FoundPoint | undefined> {
  if (point.kind !== 'tracepoint') return (await files.has(`${point.kind}_events`)) ? point : undefined;
  const { names, ...rest } = point;
  for (const name of names)
    if (await files.has(`events/${point.system}/${name}/format`)) return { ...rest, name };
  return undefined;
}
