/**
 * Damages a trace as real life does: lines go missing, are doubled, change places, or one CPU's clock is off. Works on
 * the text of a recording made by tracefs; every choice comes from a seed, so that a damage can be made again.
 */

/** A generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isEvent = (line: string) => line !== '' && !line.startsWith('#');

/** Each event line is dropped with this probability. */
export function loseLines(text: string, share: number, seed: number): string {
  const random = randomFrom(seed);
  return text
    .split('\n')
    .filter((line) => !isEvent(line) || random() >= share)
    .join('\n');
}

/** The header no longer says how many events the file holds. */
export function withoutCount(text: string): string {
  return text.replace(/^# entries-in-buffer\/entries-written: .*\n/m, '');
}

/** Each event line is there twice with this probability. */
export function doubleLines(text: string, share: number, seed: number): string {
  const random = randomFrom(seed);
  return text
    .split('\n')
    .flatMap((line) => (isEvent(line) && random() < share ? [line, line] : [line]))
    .join('\n');
}

/** Each event line changes places with one up to `reach` lines further on, with this probability. */
export function swapLines(text: string, share: number, reach: number, seed: number): string {
  const random = randomFrom(seed);
  const lines = text.split('\n');
  for (let at = 0; at + reach < lines.length; at++) {
    const other = at + 1 + Math.floor(random() * reach);
    if (!isEvent(lines[at]!) || !isEvent(lines[other] ?? '') || random() >= share) continue;
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }
  return lines.join('\n');
}

/** `…] 2996.080691: ` or `…] 2996080691657: ` behind the CPU and its flags. */
const STAMP = /^(.*?\[(\d{3,4})\]\s+(?:[^\s\d]\S*\s+)?)(\d+)(\.(\d{6}|\d{9}))?(: .*)$/;

/** Every stamp for which `by` returns a difference is moved by it, in units of the clock (ns, or ticks). */
export function moveStamps(text: string, by: (cpu: number, stamp: bigint) => bigint): string {
  return text
    .split('\n')
    .map((line) => {
      const match = isEvent(line) ? STAMP.exec(line) : null;
      if (match === null) return line;
      const [, before, cpu, whole, , digits, rest] = match;
      const stamp = digits === undefined ? BigInt(whole!) : BigInt(whole! + digits.padEnd(9, '0'));
      const moved = stamp + by(Number(cpu), stamp);
      return `${before}${printStamp(moved, digits?.length)}${rest}`;
    })
    .join('\n');
}

function printStamp(stamp: bigint, digits: number | undefined): string {
  if (digits === undefined) return stamp.toString();
  const unit = 10n ** BigInt(9 - digits);
  const rounded = (stamp + unit / 2n) / unit;
  const second = 10n ** BigInt(digits);
  return `${rounded / second}.${(rounded % second).toString().padStart(digits, '0')}`;
}

/** One CPU's stamps are off by `units`; the lines stay where they are. */
export function skewCpu(text: string, cpu: number, units: bigint): string {
  return moveStamps(text, (other) => (other === cpu ? units : 0n));
}

/** The event lines in order of their stamps, as a tracer that merges CPUs by time writes them. */
export function sortByStamp(text: string): string {
  const lines = text.split('\n');
  const stampOf = (line: string) => {
    const [, , , whole, , digits] = STAMP.exec(line) ?? [];
    return whole === undefined
      ? undefined
      : BigInt(whole + (digits ?? '').padEnd(digits === undefined ? 0 : 9, '0'));
  };
  const events = lines
    .filter(isEvent)
    .map((line) => ({ line, stamp: stampOf(line) ?? 0n }))
    .sort((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
  return `${[...lines.filter((line) => line.startsWith('#')), ...events.map(({ line }) => line)].join('\n')}\n`;
}

/** Cuts the event lines between two shares of the file and puts a tracer's remark in their place. */
export function loseStretch(text: string, from: number, to: number, cpu: number): string {
  const lines = text.split('\n');
  const [first, last] = [Math.floor(lines.length * from), Math.floor(lines.length * to)];
  return [...lines.slice(0, first), `CPU:${cpu} [LOST ${last - first} EVENTS]`, ...lines.slice(last)].join(
    '\n',
  );
}
