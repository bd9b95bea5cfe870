/** Values of options: text in, value out. All throw commander's InvalidArgumentError, which makes a usage error of the option. */
import { InvalidArgumentError, Option } from 'commander';

/** A whole number of any size. */
export function bigint(text: string): bigint {
  if (!/^-?\d{1,20}$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return BigInt(text);
}

/** Ticks per second. */
export function frequency(text: string): number {
  const hz = Number(text);
  if (!(hz >= 1e6 && hz <= 1e11)) throw new InvalidArgumentError('ticks per second, like 2596000000');
  return hz;
}

/** "0:0-1,1:2-3": node, colon, CPUs. */
export function nodes(text: string): { node: number; cpus: number[] }[] {
  return text.split(',').map((part) => {
    const match = /^(\d{1,4}):(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (match === null) throw new InvalidArgumentError('like 0:0-1,1:2-3 (node:first CPU-last CPU)');
    const first = Number(match[2]);
    const last = Number(match[3] ?? match[2]);
    if (last < first || last - first > 4096) throw new InvalidArgumentError(`${part} is no range of CPUs`);
    return {
      node: Number(match[1]),
      cpus: Array.from({ length: last - first + 1 }, (_, index) => first + index),
    };
  });
}

/** A number of at least `least`; whole unless `fraction`. */
export function atLeast(least: number, fraction = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || !(value >= least) || value > 1e9 || (!fraction && value % 1 !== 0))
      throw new InvalidArgumentError(`a${fraction ? '' : ' whole'} number of at least ${least} is needed`);
    return value;
  };
}

/** "25MB", "900k", "1000000": bytes; units count by 1000, as trackers state their limits. */
export function size(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)\s*([kMG]?)B?$/i.exec(text);
  const unit = { '': 1, k: 1e3, m: 1e6, g: 1e9 }[(match?.[2] ?? '').toLowerCase()] ?? 1;
  const bytes = Math.floor(Number(match?.[1] ?? 0) * unit);
  if (!(bytes >= 1)) throw new InvalidArgumentError('a size like 25MB is needed');
  return bytes;
}

/** --tsc-hz, as several commands have it. */
export function tscHzOption(): Option {
  return new Option('--tsc-hz <hz>', 'rate of x86-tsc streams, when the recording does not tell').argParser(
    frequency,
  );
}
