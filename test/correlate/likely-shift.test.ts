/** The commonest difference of sectors is that of a plain count, whichever group it is counted in. */
import { expect, it } from 'vitest';
import { likeliestShift } from '../../src/correlate/likely-shift.ts';

/** The same, by a Map. */
function plain(guest: Float64Array, host: Float64Array): number {
  const times = new Map<number, number>();
  for (const own of guest.subarray(0, 256))
    for (const other of host.subarray(0, 4096))
      if (other >= own) times.set(other - own, (times.get(other - own) ?? 0) + 1);
  let most = 0;
  for (const count of times.values()) most = Math.max(most, count);
  if (most === 0 || times.get(0) === most) return 0;
  for (const [shift, count] of times) if (count === most) return shift;
  return 0;
}

let seed = 1;
const random = (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
};
const sectors = (count: number, each: (at: number) => number) =>
  Float64Array.from({ length: count }, (_, at) => each(at));

const DRAWN: [string, Float64Array, (sector: number) => number][] = [
  ['random, whole disk', sectors(900, () => random(1 << 20) * 8), (sector) => sector],
  ['random, a partition', sectors(900, () => random(1 << 20) * 8), (sector) => sector + 2048],
  ['random, far into a large disk', sectors(900, () => random(1 << 20) * 8), (sector) => sector + 2 ** 40],
  ['in sequence', sectors(5000, (at) => at * 8), (sector) => sector + 2048],
  ['few sectors', sectors(5000, () => random(16) * 8), (sector) => sector + 8],
  ['one sector', sectors(50, () => 64), (sector) => sector],
  ['before the disk', sectors(300, (at) => 1e6 + at), (sector) => sector - 1e6],
  ['none', new Float64Array(0), (sector) => sector],
];

it.each(DRAWN)('%s', (_, guest, toHost) => {
  const missing = guest.filter((__, at) => at % 5 !== 3);
  for (const host of [
    guest.map(toHost),
    missing.map(toHost),
    missing.map((sector) => toHost(sector) + random(2) * 8),
  ])
    expect(likeliestShift(guest, host).shift).toBe(plain(guest, host));
  expect(likeliestShift(guest, new Float64Array(3).fill(Number.NaN)).shift).toBe(0);
});

it('holds a shift that is known against the sectors, and looks for it where it does not hold', () => {
  // In sequence any small shift fits: what another part of the recording has told decides.
  const guest = sectors(300, (at) => at * 8);
  const host = sectors(4000, (at) => at * 8);
  expect(likeliestShift(guest, host, 64).shift).toBe(64);
  expect(likeliestShift(guest, host, 2 ** 20).shift).toBe(0);
  const moved = guest.map((sector) => sector + 2048);
  expect(likeliestShift(guest, moved, 0).shift).toBe(2048);
});

it('says whether another fits nearly as well', () => {
  const guest = sectors(300, () => random(1 << 20) * 8);
  const toHost = (sector: number) => sector + 2048;
  expect(likeliestShift(guest, guest.map(toHost)).isAlone).toBe(true);
  const inSequence = sectors(300, (at) => at * 8);
  expect(likeliestShift(inSequence, inSequence.map(toHost)).isAlone).toBe(false);
});
