/** Which running guest, and which of its disks. */
import type { Guest, GuestDisk } from '../../discover/guest.ts';
import { EXIT_CODES, IotraceError, quoted } from '../../errors.ts';

/** The guest with this name, UUID or pid. Throws an IotraceError that lists the others. */
export function chooseGuest(guests: readonly Guest[], asked: string): Guest {
  const found = guests.filter(
    ({ name, uuid, pid }) => asked === name || asked === uuid || asked === String(pid),
  );
  if (found.length === 1) return found[0]!;
  const list = guests.map(({ name, pid }) => `${pid}${name === '' ? '' : ` (${quoted(name)})`}`).join(', ');
  throw new IotraceError(
    'guest-not-found',
    found.length === 0
      ? `No running guest is called ${quoted(asked)}; there are: ${list || 'none'}.`
      : `${found.length} running guests are called ${quoted(asked)}.`,
    { hint: 'Name one by its pid: iotrace ls.', exitCode: EXIT_CODES.usage },
  );
}

/** The disk that was asked for by its id or node, or the only one that can be followed. Throws an IotraceError. */
export function chooseDiskOf(guest: Guest, asked: string | undefined): GuestDisk {
  const fitting = guest.disks.filter(({ id, node, paths }) =>
    asked === undefined ? paths.length > 0 : id === asked || node === asked,
  );
  if (fitting.length === 1) return fitting[0]!;
  const list = guest.disks
    .map(({ id, node, summary }) => `${quoted(id || node)}: ${quoted(summary)}`)
    .join('; ');
  throw new IotraceError(
    'guest-disk-not-told',
    `The guest has ${fitting.length} disks ${asked === undefined ? 'whose requests can be followed' : `called ${quoted(asked)}`}; all: ${list || 'none'}.`,
    { hint: 'Name the one to record: --disk ID (iotrace ls).', exitCode: EXIT_CODES.usage },
  );
}
