/** Files that were handled badly: lines doubled, moved, cut or damaged, recordings put one behind the other. */
import { eitherMachine, type Fault, isEvent, some } from './fault.ts';

const eventsOf = (lines: readonly string[]) => [...lines.keys()].filter((at) => isEvent(lines[at]!));

const doubled: Fault = {
  name: 'single lines are there twice',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const lines = texts[machine].split('\n');
    const twice = new Set(some(random, eventsOf(lines), 1 + Math.floor(random() * 10)));
    const text = lines.flatMap((line, at) => (twice.has(at) ? [line, line] : [line])).join('\n');
    return { texts: { ...texts, [machine]: text }, duplicates: { [machine]: twice.size }, shows: true };
  },
};

const blockDoubled: Fault = {
  name: 'a stretch is there twice',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const lines = texts[machine].split('\n');
    const events = eventsOf(lines);
    const count = Math.min(events.length, 2 + Math.floor(random() * 60));
    const first = Math.floor(random() * (events.length - count));
    const [from, to] = [events[first]!, events[first + count - 1]! + 1];
    const text = [...lines.slice(0, to), ...lines.slice(from, to), ...lines.slice(to)].join('\n');
    const number = lines.slice(from, to).filter(isEvent).length;
    return { texts: { ...texts, [machine]: text }, duplicates: { [machine]: number }, shows: true };
  },
};

const twice: Fault = {
  name: 'the whole file is there twice',
  inject(texts, random) {
    const machine = eitherMachine(random);
    return { texts: { ...texts, [machine]: texts[machine] + texts[machine] }, shows: true };
  },
};

/** Not among stamps rounded to microseconds: there the order of lines is all that tells the order of equal stamps. */
const swapped: Fault = {
  name: 'lines changed places',
  inject(texts, random) {
    const machine = eitherMachine(random);
    if (/^.*\s\d+\.\d{6}: /m.test(texts[machine])) return undefined;
    const lines = texts[machine].split('\n');
    for (const at of some(random, eventsOf(lines), 1 + Math.floor(random() * 10))) {
      const other = Math.min(lines.length - 1, at + 1 + Math.floor(random() * 30));
      if (isEvent(lines[other]!)) [lines[at], lines[other]] = [lines[other]!, lines[at]!];
    }
    return { texts: { ...texts, [machine]: lines.join('\n') }, shows: false };
  },
};

/** What a cut leaves of the last line may still be read as a whole one, with a shorter end. */
const cut: Fault = {
  name: 'cut at a byte',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const text = texts[machine];
    return {
      texts: { ...texts, [machine]: text.slice(0, Math.floor(text.length * (0.1 + 0.9 * random()))) },
      shows: false,
    };
  },
};

/** From the comm to the CPU, and behind the stamp. A digit of a stamp between its neighbours’ is beyond what can be found. */
const OUTSIDE_STAMP = /^(.*?\[\d+\]\s+\S*\s+)(\d+(?:\.\d+)?)(: .*)$/;

/** Bits of single bytes flip. */
function flips(name: string, bit: (random: () => number) => number): Fault {
  return {
    name,
    inject(texts, random) {
      const machine = eitherMachine(random);
      const lines = texts[machine].split('\n');
      for (const at of some(random, eventsOf(lines), 1 + Math.floor(random() * 5))) {
        const [, before, stamp, after] = OUTSIDE_STAMP.exec(lines[at]!) ?? [];
        if (before === undefined) continue;
        const place = Math.floor(random() * (before.length + after!.length));
        const flip = (part: string, index: number) =>
          part.slice(0, index) +
          String.fromCharCode(part.charCodeAt(index) ^ bit(random)) +
          part.slice(index + 1);
        lines[at] =
          place < before.length
            ? flip(before, place) + stamp + after
            : before + stamp + flip(after!, place - before.length);
      }
      return { texts: { ...texts, [machine]: lines.join('\n') }, shows: false };
    },
  };
}

export const WRONG_LINES: readonly Fault[] = [
  doubled,
  blockDoubled,
  twice,
  swapped,
  cut,
  flips('bytes damaged beyond ASCII', () => 0x80),
  flips('single bits flipped', (random) => 1 << Math.floor(random() * 7)),
];
