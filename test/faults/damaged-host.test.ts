import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import { analyze, followRecording } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import type { Recording } from '../../src/trace/recording.ts';
import {
  doubleLines,
  loseLines,
  loseStretch,
  skewCpu,
  sortByStamp,
  swapLines,
  withoutCount,
} from '../support/damage.ts';
import { type Survivors, survivorsOf, wrongSurvivors } from '../support/survivors.ts';

interface Sample {
  readonly recording: Recording;
  readonly hostText: string;
}

async function openSample(name: string): Promise<Sample> {
  const file = fileURLToPath(new URL(`../../samples/${name}.iotrace.zip`, import.meta.url));
  const { recording } = await openRecording(file, undefined, () => undefined);
  const bundle = await openBundle(file);
  const parts: Uint8Array[] = [];
  const { member } = bundle.manifest.streams.find(({ machine }) => machine === 'host')!;
  for await (const chunk of bundle.member(member)) parts.push(chunk);
  await bundle.close();
  return { recording, hostText: Buffer.concat(parts).toString('latin1') };
}

/** The recording with another text in place of its host's trace. */
async function withHost({ recording }: Sample, text: string): Promise<Recording> {
  const bytes = Buffer.from(text, 'latin1');
  const chunks = async function* () {
    yield bytes;
  };
  const host = await readSource(
    'host.trace',
    'host',
    chooseFormat('host.trace', bytes.subarray(0, 65_536)),
    chunks(),
  );
  return { ...recording, sources: [host, ...recording.sources.filter(({ machine }) => machine === 'guest')] };
}

function followed(recording: Recording): Survivors | undefined {
  const result = followRecording(recording, {});
  return 'failure' in result ? undefined : survivorsOf(result.correlated);
}

const DAMAGES: Record<string, (text: string) => string> = {
  'one line in a hundred missing': (text) => loseLines(text, 0.01, 1),
  'one line in a hundred missing, and no count that tells': (text) => withoutCount(loseLines(text, 0.01, 2)),
  'a stretch that the tracer says it lost': (text) => loseStretch(text, 0.4, 0.45, 1),
  'lines that are there twice': (text) => doubleLines(text, 0.01, 3),
  'lines that changed places': (text) => swapLines(text, 0.01, 20, 4),
  'one CPU 200 µs late, lines left where they were': (text) => skewCpu(text, 3, 200_000n),
  'one CPU 200 µs early, lines put in order': (text) => sortByStamp(skewCpu(text, 3, -200_000n)),
};

describe.each(['virtio-blk-iothread', 'vfio-pci-nvme', 'virtio-blk-userspace-nvme', 'vhost-user-blk-qsd'])(
  '%s, its host’s trace damaged',
  async (name) => {
    const sample = await openSample(name);
    const whole = followed(await withHost(sample, sample.hostText))!;

    it.each(Object.keys(DAMAGES))('%s: what is still matched is what it was', async (damage) => {
      const recording = await withHost(sample, DAMAGES[damage]!(sample.hostText));
      const report = analyze(recording, { version: '0', title: '' });
      if ('failure' in report) return;
      // A moved CPU in a file that was put in order again shows only where causes then follow their effects.
      if (!damage.endsWith('put in order')) expect(report.grade.letter).not.toBe('A');
      // Clocks that cannot be related leave one merged stage and the grade F: coarse, not wrong.
      if (report.clock.method === 'none') expect(report.grade.letter).toBe('F');
      else expect(wrongSurvivors(whole, followed(recording)!).slice(0, 3)).toEqual([]);
    });
  },
);
