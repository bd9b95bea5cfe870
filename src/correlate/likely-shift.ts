/** By how much the sectors of a host device differ from the guest's: not at all, or a partition's beginning. */
import { NO_NUMBER, SectorNumbers } from './sector-numbers.ts';

/** Requests that are compared: so many of the guest's with so many of the host's. */
const GUEST_SAMPLE = 256;
const HOST_SAMPLE = 4096;

/** A shift that is known already holds where the host has so many of the guest's sectors by it. */
const LEAST_BY_KNOWN = 0.9;

/** A difference that is met nearly as often as the commonest, as a share of that, may be the right one. */
const NEARLY_AS_OFTEN = 0.9;

/** A difference of sectors, and whether no other is nearly as common. */
export interface LikelyShift {
  readonly shift: number;
  readonly isAlone: boolean;
}

/**
 * The commonest difference between host and guest sectors, of several the 0, else the first that was met; 0 without any. `known`
 * elsewhere in the recording, it is only held against them.
 */
export function likeliestShift(
  guest: Float64Array,
  host: Float64Array,
  known?: number | undefined,
): LikelyShift {
  const guestSectors = guest.subarray(0, GUEST_SAMPLE);
  const hostSectors = host.subarray(0, HOST_SAMPLE);
  if (known !== undefined && holds(known, guestSectors, hostSectors)) return { shift: known, isAlone: true };
  const groups = groupSizes(guestSectors, hostSectors);
  // The commonest one of the largest group is met so often: what is in a smaller group is rarer.
  const least = mostOf(countShifts(guestSectors, hostSectors, groups, groups.reduce(larger))).often;
  const counted = countShifts(guestSectors, hostSectors, groups, least * NEARLY_AS_OFTEN);
  const { shift, often, none } = mostOf(counted);
  return { shift: often === none ? 0 : shift, isAlone: isAlone(counted, often) };
}

function isAlone({ shifts, times }: Counted, often: number): boolean {
  let asCommon = 0;
  for (let shift = 0; shift < shifts.size; shift++) if (times[shift]! >= often * NEARLY_AS_OFTEN) asCommon++;
  return asCommon <= 1;
}

function holds(shift: number, guestSectors: Float64Array, hostSectors: Float64Array): boolean {
  const ofHost = new Set(hostSectors);
  let found = 0;
  for (const sector of guestSectors) if (ofHost.has(sector + shift)) found++;
  return found >= guestSectors.length * LEAST_BY_KNOWN;
}

/** Groups of differences, few enough to be counted in the cache of a CPU. */
const GROUPS = 1 << 16;

/** By sector numbers, which are multiples of a block's: the bits above and below are mixed. */
function groupOf(shift: number): number {
  return (Math.imul(shift, 0x9e3779b1) >>> 8) & (GROUPS - 1);
}

const larger = (a: number, b: number) => Math.max(a, b);

/** How many differences are in each group. */
function groupSizes(guestSectors: Float64Array, hostSectors: Float64Array): Uint32Array {
  const sizes = new Uint32Array(GROUPS);
  for (let guest = 0; guest < guestSectors.length; guest++)
    for (let host = 0; host < hostSectors.length; host++) {
      const shift = hostSectors[host]! - guestSectors[guest]!;
      if (shift >= 0) sizes[groupOf(shift)]!++;
    }
  return sizes;
}

interface Counted {
  readonly shifts: SectorNumbers;
  /** By the number of the difference. */
  readonly times: Uint32Array;
}

/** How often each difference is met, of those in groups of at least `least`. */
function countShifts(
  guestSectors: Float64Array,
  hostSectors: Float64Array,
  groups: Uint32Array,
  least: number,
): Counted {
  const most = groups.reduce((sum, size) => (size >= least ? sum + size : sum), 0);
  const shifts = new SectorNumbers(most);
  const times = new Uint32Array(most);
  for (let guest = 0; guest < guestSectors.length; guest++)
    for (let host = 0; host < hostSectors.length; host++) {
      const shift = hostSectors[host]! - guestSectors[guest]!;
      if (shift >= 0 && groups[groupOf(shift)]! >= least) times[shifts.add(shift)]!++;
    }
  return { shifts, times };
}

/** The commonest difference, of several the first that was met, how often it is met, and how often 0 is. */
function mostOf({ shifts, times }: Counted): { shift: number; often: number; none: number } {
  const zero = shifts.get(0);
  const none = zero === NO_NUMBER ? 0 : times[zero]!;
  let commonest = -1;
  for (let shift = 0; shift < shifts.size; shift++)
    if (commonest === -1 || times[shift]! > times[commonest]!) commonest = shift;
  if (commonest === -1) return { shift: 0, often: 0, none };
  return { shift: shifts.valueOf(commonest), often: times[commonest]!, none };
}
