import { followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import type { Correlated } from '../../src/correlate/correlate.ts';

/** Path of a sample's bundle. */
export const sampleFile = (name: string): string =>
  new URL(`../../samples/${name}.iotrace.zip`, import.meta.url).pathname;

/** The followed requests of a sample; throws when there are none. */
export async function followSample(name: string): Promise<Correlated> {
  const { recording, path } = await openRecording(sampleFile(name), undefined, () => undefined);
  const followed = followRecording(recording, { path });
  if ('failure' in followed) throw new Error(followed.failure);
  return followed.correlated;
}
