/** What a recording that failed leaves its user: the text that its tracer wrote, and how to read it. */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Say } from './say.ts';

/**
 * Says where the streams of a failed recording are. One that nothing was written to is no trace, and import would refuse
 * it: it is removed, and so is the folder when nothing else is left.
 */
export async function keepText(folder: string, say: Say): Promise<void> {
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  await Promise.all(files.filter((_, at) => sizes[at] === 0).map((file) => rm(file)));
  if (sizes.every((size) => size === 0)) await rmdir(folder);
  else say(`the trace is still in ${folder}: iotrace import --host ${folder}/*.trace -o FILE`);
}
