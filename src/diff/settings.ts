/** What was set differently on the two sides. */
import type { ReportModel } from '../report/report-model.ts';
import type { SettingDifference } from './diff-model.ts';
import type { RecordedRun } from './recorded-run.ts';

type Runs = readonly Pick<RecordedRun, 'model'>[];

/** Of these a comparison shows nothing but themselves: refused. The others are warned of. */
const MATTERS: readonly {
  readonly name: string;
  readonly refuses: boolean;
  of(model: ReportModel): string;
}[] = [
  { name: 'I/O path', refuses: false, of: ({ path }) => path.name },
  { name: 'device', refuses: false, of: ({ path }) => path.device },
  { name: 'queue depth', refuses: true, of: ({ workload }) => String(Math.round(workload.queueDepth)) },
  {
    name: 'request size',
    refuses: true,
    of: ({ workload }) => (workload.requestBytes === null ? 'mixed' : `${workload.requestBytes} bytes`),
  },
  { name: 'direction', refuses: true, of: ({ workload }) => workload.direction },
];

/** Path, device, queue depth, request size, direction, where they differ; of several runs each value once. */
export function matterDifferences(a: Runs, b: Runs): SettingDifference[] {
  return MATTERS.flatMap(({ name, refuses, of }) => {
    const valuesOf = (runs: Runs) => [...new Set(runs.map(({ model }) => of(model)))].toSorted().join(', ');
    const [ofA, ofB] = [valuesOf(a), valuesOf(b)];
    return ofA === ofB && !ofA.includes(', ') ? [] : [{ name, a: ofA, b: ofB, refuses }];
  });
}

/** Counts of what happened during the recording: no settings. */
const COUNTED = new Set(['guest interrupts', 'KVM', 'memory of QEMU by node']);
const COUNTS = /^disk statistics (before|after): /;
/** A thread's number is another one each time the guest is started. */
const THREAD = /^thread \d+ /;
const MOST = 60;

/** Effective settings that only one side has, command lines word by word; at most 60. */
export function settingDifferences(a: Runs, b: Runs): SettingDifference[] {
  const [ofA, ofB] = [settingsOf(a), settingsOf(b)];
  const names = [...new Set([...ofA.keys(), ...ofB.keys()])];
  return names
    .flatMap((name) => {
      const only = (own: Map<string, Set<string>>, other: Map<string, Set<string>>) =>
        [...(own.get(name) ?? [])].filter((value) => other.get(name)?.has(value) !== true);
      const [onlyA, onlyB] = [only(ofA, ofB), only(ofB, ofA)];
      if (!ofA.has(name) || !ofB.has(name)) return [wholly(name, onlyA, onlyB)];
      return Array.from({ length: Math.max(onlyA.length, onlyB.length) }, (_, at) => ({
        name,
        a: onlyA[at] ?? null,
        b: onlyB[at] ?? null,
        refuses: false,
      }));
    })
    .slice(0, MOST);
}

/** One side tells nothing at all of it: one row. */
function wholly(name: string, a: readonly string[], b: readonly string[]): SettingDifference {
  const joined = (values: readonly string[]) => (values.length === 0 ? null : values.join(' '));
  return { name, a: joined(a), b: joined(b), refuses: false };
}

function settingsOf(runs: Runs): Map<string, Set<string>> {
  const settings = new Map<string, Set<string>>();
  for (const { model } of runs)
    for (const { name, value } of model.environment) {
      if (COUNTED.has(name) || COUNTS.test(value)) continue;
      const values = settings.get(name) ?? new Set();
      settings.set(name, values);
      for (const each of wordsOf(name, value)) values.add(each);
    }
  return settings;
}

/** A command line as its options, each with its argument. */
function wordsOf(name: string, value: string): string[] {
  return /^(QEMU|storage daemon)$/.test(name) ? value.split(/\s+(?=-)/) : [value.replace(THREAD, 'thread ')];
}
