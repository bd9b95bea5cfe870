/** What a recording left for the judge: files in a folder, so that it can be judged again without the host. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is known of a recording besides its files. */
interface Observed {
  /** The bundle and the reader's log are there. */
  readonly isKept: boolean;
  readonly hasBeside?: boolean | undefined;
  /** False: what the application measured is in the bundle alone. */
  readonly hasLog?: boolean | undefined;
  /** What iotrace printed, and its exit status. */
  readonly said: string;
  readonly exitCode?: number | undefined;
  /** Things host or guest did not have before and have afterwards. */
  readonly left: readonly string[];
  readonly clocks: ClockReadings;
  readonly seconds: number;
}

export interface Evidence extends Observed {
  /** The bundle; undefined when iotrace wrote none. */
  readonly bundle: string | undefined;
  /** That of the other tracer, where one recorded at the same time. */
  readonly beside: string | undefined;
  /** The reader's log. */
  readonly log: string | undefined;
}

export interface ClockReadings {
  /** 'ns TSC-before TSC-after', of inside/clock-pairs.c, before and after the recording. */
  readonly hostPairs: readonly string[];
  /** Guest TSC less host TSC, as KVM prints it; undefined without a guest. */
  readonly tscOffset?: string | undefined;
}

const NAME = 'observed.json';

/** Writes into the folder what its files do not tell. */
export async function keepEvidence(folder: string, observed: Observed): Promise<Evidence> {
  await writeFile(join(folder, NAME), JSON.stringify(observed));
  return withFiles(folder, observed);
}

/** What an earlier run kept in that folder; undefined when it kept nothing there. */
export async function keptEvidence(folder: string): Promise<Evidence | undefined> {
  const text = await readFile(join(folder, NAME), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : withFiles(folder, JSON.parse(text) as Observed);
}

function withFiles(folder: string, observed: Observed): Evidence {
  const fileOf = (name: string) => (observed.isKept ? join(folder, name) : undefined);
  return {
    ...observed,
    bundle: fileOf('recording.iotrace.zip'),
    beside: observed.hasBeside === true ? fileOf('beside.iotrace.zip') : undefined,
    log: observed.hasLog === false ? undefined : fileOf('reader.log'),
  };
}
