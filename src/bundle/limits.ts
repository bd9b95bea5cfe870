import { IotraceError, quoted } from '../errors.ts';

/** Members of a bundle, directories included. A bundle has one per stream and a handful more. */
export const MAX_MEMBERS = 10_000;

/** Bytes of manifest.json. Most of it is facts; those of a host with hundreds of vCPUs take some 100 kB. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** Bytes of a member's name. */
export const MAX_NAME_BYTES = 255;

/** Bytes of one member when unpacked: traces of many GB are legitimate, so this only stops absurd claims. */
export const MAX_MEMBER_BYTES = 256 * 1024 ** 3;

/** Unpacked : packed of one member. Real trace text reaches 22; DEFLATE cannot exceed 1,032. */
export const MAX_MEMBER_RATIO = 500;

/** Unpacked : packed of all members together. */
export const MAX_TOTAL_RATIO = 200;

/** Unpacked bytes below which no ratio is looked at: small members of zeros harm nobody. */
export const RATIO_FREE_BYTES = 16 * 1024 * 1024;

/** Throws when a member claims (or has given) more than the limits allow. */
export function checkMemberSize(name: string, packed: number, unpacked: number): void {
  if (unpacked > MAX_MEMBER_BYTES) {
    throw tooLarge(`Member ${quoted(name)} claims ${unpacked} bytes; the limit is ${MAX_MEMBER_BYTES}.`);
  }
  if (unpacked > RATIO_FREE_BYTES && unpacked > packed * MAX_MEMBER_RATIO) {
    const claim = `Member ${quoted(name)} unpacks from ${packed} to ${unpacked} bytes`;
    throw tooLarge(`${claim}; more than ${MAX_MEMBER_RATIO} to 1 is no trace.`);
  }
}

/** Throws when all members together claim more than the limits allow. `packed`: bytes of the whole file. */
export function checkTotalSize(packed: number, unpacked: number): void {
  if (unpacked > RATIO_FREE_BYTES && unpacked > packed * MAX_TOTAL_RATIO) {
    const claim = `The members of this file of ${packed} bytes unpack to ${unpacked} bytes`;
    throw tooLarge(`${claim}; more than ${MAX_TOTAL_RATIO} to 1 is no recording.`);
  }
}

function tooLarge(message: string): IotraceError {
  return new IotraceError('bundle-too-large', message, {
    hint: 'It was made to fill a disk or memory, or it is damaged. Ask its sender for the original files.',
  });
}
