/** Events that are lost: in any pattern, with a tracer or a header that says so, and without. */
import type { MachineName } from '../../src/trace/recording.ts';
import { withoutCount } from '../support/damage.ts';
import { eitherMachine, type Fault, type Injected, isEvent, oneOf, some, type Texts } from './fault.ts';

/** Positions of the lines to leave out; undefined where there are none such. */
type Pattern = (lines: readonly string[], random: () => number) => readonly number[] | undefined;

const eventsOf = (lines: readonly string[]) => [...lines.keys()].filter((at) => isEvent(lines[at]!));
const few = (random: () => number) => 1 + Math.floor(random() * 8);

/** `…: block_rq_issue: 254,0 …` behind the stamp; the CPU in brackets before it. */
const EVENT = /^.*?\[(\d+)\][^:]*: (\w+)/;

const PATTERNS: Record<string, Pattern> = {
  'some anywhere': (lines, random) => some(random, eventsOf(lines), few(random)),
  'a burst': (lines, random) => {
    const events = eventsOf(lines);
    const count = 2 + Math.floor(random() * 40);
    const first = Math.floor(random() * Math.max(1, events.length - count));
    return events.slice(first, first + count);
  },
  'some of one point': (lines, random) => {
    const events = eventsOf(lines);
    const name = EVENT.exec(lines[oneOf(random, events)]!)?.[2];
    const own = events.filter((at) => EVENT.exec(lines[at]!)?.[2] === name);
    return some(random, own, few(random));
  },
  'some of one CPU': (lines, random) => {
    const events = eventsOf(lines);
    const cpu = EVENT.exec(lines[oneOf(random, events)]!)?.[1];
    const own = events.filter((at) => EVENT.exec(lines[at]!)?.[1] === cpu);
    return some(random, own, 2 * few(random));
  },
  'some of the idle context': (lines, random) => {
    const idle = eventsOf(lines).filter((at) => /^\s*<idle>-0/.test(lines[at]!));
    return idle.length === 0 ? undefined : some(random, idle, few(random));
  },
  'the beginning': (lines, random) => eventsOf(lines).slice(0, 5 * few(random)),
};

/** The text without the lines of a pattern, and how many they are. */
function lose(
  text: string,
  pattern: Pattern,
  random: () => number,
): { text: string; count: number } | undefined {
  const lines = text.split('\n');
  const positions = pattern(lines, random);
  if (positions === undefined || positions.length === 0) return undefined;
  const gone = new Set(positions);
  return { text: lines.filter((_, at) => !gone.has(at)).join('\n'), count: gone.size };
}

const put = (texts: Texts, machine: MachineName, text: string): Texts => ({ ...texts, [machine]: text });

/** The header counts more than there is. */
const counted = Object.entries(PATTERNS).map(
  ([name, pattern]): Fault => ({
    name: `lost, ${name}`,
    inject(texts, random): Injected | undefined {
      const machine = eitherMachine(random);
      const left = lose(texts[machine], pattern, random);
      if (left === undefined) return undefined;
      return {
        texts: put(texts, machine, left.text),
        missing: { [machine]: left.count },
        shows: true,
      };
    },
  }),
);

/**
 * Nothing tells but the events that remain. A burst that leaves no pair broken and that nothing counts cannot be found: above
 * queue depth 1 what is missing there may have been another request's.
 */
const uncounted = ['some anywhere', 'some of the idle context'].map(
  (name): Fault => ({
    name: `lost and not counted, ${name}`,
    inject(texts, random) {
      const machine = eitherMachine(random);
      const left = lose(texts[machine], PATTERNS[name]!, random);
      if (left === undefined) return undefined;
      return { texts: put(texts, machine, withoutCount(left.text)), shows: false };
    },
  }),
);

/** A probe that was never set: the whole event is absent, and nothing is wrong with the recording. */
const neverRecorded: Fault = {
  name: 'one event never recorded',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const lines = texts[machine].split('\n');
    const name = EVENT.exec(lines[oneOf(random, eventsOf(lines))]!)?.[2];
    // In the drawings a vCPU may enter its guest once more before it takes an interrupt; KVM's does not.
    if (name === 'kvm_inj_virq') return undefined;
    const left = lines.filter((line) => !isEvent(line) || EVENT.exec(line)?.[2] !== name);
    return { texts: put(texts, machine, withoutCount(left.join('\n'))), shows: false, shorter: true };
  },
};

/** `trace_pipe` says where its reader was too slow, and how much it missed. */
const said: Fault = {
  name: 'lost, and the tracer says where',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const lines = withoutCount(texts[machine]).split('\n');
    const positions = PATTERNS['a burst']!(lines, random)!;
    const cpu = EVENT.exec(lines[positions[0]!]!)![1];
    const gone = new Set(positions);
    const own = [...gone].filter((at) => EVENT.exec(lines[at]!)?.[1] === cpu);
    const left = lines.flatMap((line, at) =>
      at === own.at(-1) ? [`CPU:${Number(cpu)} [LOST ${own.length} EVENTS]`] : own.includes(at) ? [] : [line],
    );
    return { texts: put(texts, machine, left.join('\n')), lost: { [machine]: own.length }, shows: true };
  },
};

const HEADER = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/m;

/** The buffer was too small: it holds the end of the run alone. */
const overwritten: Fault = {
  name: 'overwritten in the buffer',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const left = lose(texts[machine], PATTERNS['the beginning']!, random)!;
    const text = left.text.replace(
      HEADER,
      (_, held: string, written: string) =>
        `# entries-in-buffer/entries-written: ${Number(held) - left.count}/${written}`,
    );
    return { texts: put(texts, machine, text), overwritten: { [machine]: left.count }, shows: true };
  },
};

export const LOST_EVENTS: readonly Fault[] = [...counted, ...uncounted, neverRecorded, said, overwritten];
