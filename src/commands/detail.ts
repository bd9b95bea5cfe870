/** `--detail`: how much of the host is recorded, and what of QEMU its file lets be seen. */
import type { QemuPoints } from '../capture/guest/qemu-points.ts';
import { pointName } from '../capture/wanted-point.ts';
import { quoted } from '../errors.ts';
import type { Say } from './say.ts';

/** `kernel`: points of the kernel alone; `qemu`: functions of QEMU as well, which cost a request more. */
export const DETAILS = ['kernel', 'qemu'] as const;

/** How much is recorded. */
export type Detail = (typeof DETAILS)[number];

/** Says what is recorded inside QEMU and what is not, and gives the same as notes for the bundle. */
export function sayQemuPoints({ program, isReadable, points, missing }: QemuPoints, say: Say): string[] {
  const names = points.map(pointName).join(', ');
  const notes =
    points.length === 0
      ? [`nothing inside ${quoted(program)} is recorded${isReadable ? '' : ': its file cannot be read'}`]
      : [`inside ${quoted(program)}: ${names}`];
  for (const { point, names: wanted } of missing)
    notes.push(`not told by the file of ${quoted(program)}: ${wanted.join(', ')} (${point})`);
  for (const note of notes) say(note);
  if (missing.length > 0 || points.length === 0) say(REMEDY);
  return notes;
}

/** What to do where a program hides its functions. */
export const REMEDY =
  'A program shows functions that it exports or has a symbol table for (readelf --symbols), and marks (USDT) when it was built with them; QEMU’s own log tells the rest (iotrace record --qemu-log).';
