/** Clocks that are off: of one CPU or a whole machine, from the beginning or from a moment on, in a file put in order or not. */
import { moveStamps, sortByStamp } from '../support/damage.ts';
import { eitherMachine, type Fault, isEvent, oneOf } from './fault.ts';

const CPU = /\[(\d+)\]/;

function cpusOf(text: string): number[] {
  const cpus = new Set<number>();
  for (const line of text.split('\n')) if (isEvent(line)) cpus.add(Number(CPU.exec(line)?.[1] ?? 0));
  return [...cpus];
}

/** Stamps of a text, the first and the last, in units of its clock. */
function middleOf(text: string): bigint {
  let first: bigint | undefined;
  let last = 0n;
  moveStamps(text, (_, stamp) => {
    first ??= stamp;
    last = stamp;
    return 0n;
  });
  return ((first ?? 0n) + last) / 2n;
}

const SIZES_NS = [5_000, 20_000, 50_000, 200_000, 1_000_000];

const cpuFaults = [true, false].flatMap((sorted) =>
  [true, false].map(
    (steps): Fault => ({
      name: `one CPU ${steps ? 'steps' : 'is off'}, lines ${sorted ? 'put in order' : 'left'}`,
      inject(texts, random) {
        const cpus = cpusOf(texts.host);
        if (cpus.length < 2) return undefined;
        const cpu = oneOf(random, cpus);
        const size = oneOf(random, SIZES_NS) * (random() < 0.5 ? -1 : 1);
        const middle = middleOf(texts.host);
        const moved = moveStamps(texts.host, (other, stamp) =>
          other === cpu && !(steps && stamp < middle) ? BigInt(size) : 0n,
        );
        return {
          texts: { ...texts, host: sorted ? sortByStamp(moved) : moved },
          shows: false,
          movedNs: Math.abs(size),
          steps,
          ofOneCpu: true,
        };
      },
    }),
  ),
);

/** A machine's clock is set while the recording runs. */
const machineSteps: Fault = {
  name: 'one machine’s clock steps',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const size = oneOf(random, [...SIZES_NS, 1_000_000_000]) * (random() < 0.5 ? -1 : 1);
    const middle = middleOf(texts[machine]);
    const moved = moveStamps(texts[machine], (_, stamp) => (stamp < middle ? 0n : BigInt(size)));
    return { texts: { ...texts, [machine]: moved }, shows: false, movedNs: Math.abs(size), steps: true };
  },
};

/** Another epoch: no damage at all. */
const machineShifted: Fault = {
  name: 'one machine’s clock has another epoch',
  inject(texts, random) {
    const machine = eitherMachine(random);
    const size = BigInt(1 + Math.floor(random() * 1e9)) * 1000n;
    return {
      texts: { ...texts, [machine]: moveStamps(texts[machine], () => size) },
      shows: false,
      movedNs: Number(size),
    };
  },
};

export const WRONG_STAMPS: readonly Fault[] = [...cpuFaults, machineSteps, machineShifted];
