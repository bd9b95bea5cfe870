/** A guest that is begun with before its host is read: everything that is said of the recording stays the same. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type AnalyzeOptions, followRecording, reportOf } from '../../src/commands/analyze.ts';
import { type BegunGuest, beginWithGuest } from '../../src/commands/begin-following.ts';
import { readWhole, withBundle } from '../../src/commands/open-recording.ts';

const SAMPLES = fileURLToPath(new URL('../../samples/', import.meta.url));
const BUNDLES = readdirSync(SAMPLES).filter((name) => name.endsWith('.iotrace.zip'));
const HOW: AnalyzeOptions = { version: '0', title: 'both' };

describe.each(BUNDLES)('%s', (name) => {
  it('is reported the same whether its guest was begun with or not', { timeout: 60_000 }, () =>
    withBundle(
      `${SAMPLES}${name}`,
      undefined,
      () => undefined,
      async (open) => {
        let begun: BegunGuest | undefined;
        const { recording, path } = await readWhole(open, (guest, beside) => {
          begun = beginWithGuest(guest, beside, HOW);
        });
        const machines = new Set(recording.sources.map(({ machine }) => machine));
        // Bare metal, a guest alone and a host alone have no other machine to wait for.
        if (machines.size < 2) {
          expect(begun).toBeUndefined();
          return;
        }
        expect(begun?.guest.streams.map(({ source }) => source)).toEqual(
          recording.sources.filter(({ machine }) => machine === 'guest'),
        );
        const [together, apart] = [undefined, begun].map((each) => {
          const followed = followRecording(recording, { path }, undefined, each);
          return 'failure' in followed
            ? followed
            : { ...reportOf(recording, followed, HOW), requests: followed.correlated.requests };
        });
        expect(apart).toEqual(together);
      },
    ),
  );
});
