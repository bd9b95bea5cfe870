/** By how much the sectors of a host device differ from the guest's: not at all, or a partition's beginning. */
import { SectorNumbers } from './sector-numbers.ts';

/** Requests that are compared: so many of the guest's with so many of the host's. */
const GUEST_SAMPLE = 256;
const HOST_SAMPLE = 4096;

/** The commonest difference between host and guest sectors, of several the 0, else the first that was met; 0 without any. */
export function likeliestShift(guest: Float64Array, host: Float64Array): number {
  const guestSectors = guest.subarray(0, GUEST_SAMPLE);
  const hostSectors = host.subarray(0, HOST_SAMPLE);
  const most = guestSectors.length * hostSectors.length;
  const shifts = new SectorNumbers(most);
  const times = new Uint32Array(most);
  for (const guestSector of guestSectors)
    for (const hostSector of hostSectors)
      if (hostSector >= guestSector) times[shifts.add(hostSector - guestSector)]!++;
  let commonest = -1;
  let often = 0;
  for (let shift = 0; shift < shifts.size; shift++)
    if (times[shift]! > often) {
      commonest = shift;
      often = times[shift]!;
    }
  const none = shifts.get(0);
  if (commonest === -1 || (none !== -1 && times[none] === often)) return 0;
  return shifts.valueOf(commonest);
}
