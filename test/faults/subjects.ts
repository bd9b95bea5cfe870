/** What is damaged: recordings drawn from seeds, and the beginnings of real samples. */
import { fileURLToPath } from 'node:url';
import { openBundle } from '../../src/bundle/read-bundle.ts';
import {
  type FollowedRecording,
  followRecording,
  type NotAnalyzed,
  reportOf,
} from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { readSource } from '../../src/commands/read-source.ts';
import { chooseFormat } from '../../src/commands/stream-format.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import type { MachineName, Recording, RecordingFacts, Source } from '../../src/trace/recording.ts';
import { drawOptions, type Family } from '../generate/drawn-options.ts';
import { type Drawn, drawTexts } from '../generate/generate.ts';
import type { Texts } from './fault.ts';

export interface Subject {
  readonly name: string;
  readonly texts: Texts;
  readonly facts: RecordingFacts;
  /** What was drawn. */
  readonly drawn?: Drawn;
}

/** One of the generator's recordings; `bios`: with the events of the block layer. */
export function drawnSubject(seed: number, family?: Family, bios = false): Subject {
  const options = { ...drawOptions(seed, family), bios };
  const drawn = drawTexts(options);
  const facts: RecordingFacts = options.knownOffset
    ? { tscOffsets: [{ vcpu: 0, offset: BigInt(options.guestOffsetNs) }] }
    : {};
  const { host, guest } = drawn.texts;
  if (guest === undefined) throw new Error('faults are put into recordings of guests');
  return {
    name: `drawn ${options.family} ${seed}${bios ? ' with bios' : ''}`,
    texts: { host, guest },
    facts,
    drawn: { ...drawn, options },
  };
}

/** The first requests of a real sample, whose machines were both recorded by tracefs. */
export async function realSubject(sample: string, share: number): Promise<Subject> {
  const file = fileURLToPath(new URL(`../../samples/${sample}.iotrace.zip`, import.meta.url));
  const { recording } = await openRecording(file, undefined, () => undefined);
  const bundle = await openBundle(file);
  const textOf = async (machine: MachineName): Promise<string> => {
    const parts: Uint8Array[] = [];
    const stream = bundle.manifest.streams.find((each) => each.machine === machine)!;
    for await (const chunk of bundle.member(stream.member)) parts.push(chunk);
    return beginning(Buffer.concat(parts).toString('latin1'), share);
  };
  const texts = { guest: await textOf('guest'), host: await textOf('host') };
  await bundle.close();
  return { name: sample, texts, facts: recording.facts };
}

/** A share of the event lines, and a header that counts them. */
function beginning(text: string, share: number): string {
  const lines = text.split('\n');
  const head = lines.filter((line) => line.startsWith('#'));
  const events = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const kept = events.slice(0, Math.floor(events.length * share));
  const header = head.join('\n').replace(/(entries-written: )\d+\/\d+/, `$1${kept.length}/${kept.length}`);
  return `${header}\n${kept.join('\n')}\n`;
}

export interface Analyzed {
  readonly followed: FollowedRecording;
  readonly report: ReportModel;
}

/** The report of texts in place of a subject's own. */
export async function analyzeTexts(texts: Texts, facts: RecordingFacts): Promise<Analyzed | NotAnalyzed> {
  const sources = await Promise.all([sourceOf('host', texts.host), sourceOf('guest', texts.guest)]);
  const recording: Recording = { sources, groundTruth: undefined, facts };
  // Drawn counters tick once a nanosecond; real ones are told by the facts.
  const options = { tscHz: 1e9, version: '0', title: '' };
  const followed = followRecording(recording, options);
  return 'failure' in followed ? followed : { followed, report: reportOf(recording, followed, options) };
}

function sourceOf(machine: MachineName, text: string): Promise<Source> {
  const bytes = Buffer.from(text, 'latin1');
  const name = `${machine}.trace`;
  const chunks = async function* () {
    yield bytes;
  };
  return readSource(name, machine, chooseFormat(name, bytes.subarray(0, 65_536)), chunks());
}
