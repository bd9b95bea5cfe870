import { parseManifest, printManifest } from './manifest.ts';
import { type Bundle, demand } from './read-bundle.ts';
import { type BundleInput, describe, type FileInput } from './write-bundle.ts';

/**
 * The bundle that `writeBundle` would write, read from the files themselves: the same manifest, the same members, no zip. Throws an
 * IotraceError where it could not be described.
 */
export async function unwrittenBundle(input: BundleInput): Promise<Bundle> {
  // As it would be read back, so that a report says the same with a bundle and without one.
  const manifest = parseManifest(printManifest(await describe(input)));
  const files = new Map<string, FileInput>(
    manifest.streams.map(({ member }, index) => [member, input.streams[index]!]),
  );
  const { groundTruth } = manifest;
  if (groundTruth !== null) files.set(groundTruth.member, input.groundTruth!);
  const latencies = groundTruth?.latencies;
  if (latencies !== undefined) files.set(latencies.member, input.groundTruth!.latencies!);
  return {
    manifest,
    recovered: false,
    lost: [],
    members: [...files.keys()],
    member: (name) => demand(files, name).open(),
    fileOf: (name) => demand(files, name).plain,
    close: async () => undefined,
  };
}
