/** eventfd ids of a process: what kicks, completions and interrupts are followed by. */
import type { EventfdFact } from '../../parsers/facts/facts.ts';
import { safeInteger } from '../../parsers/facts/text-lines.ts';
import type { MachineFiles } from './machine-files.ts';

/** A guest with many disks and vectors has some thousands. */
const MAX_EVENTFDS = 20_000;

/** Descriptors that are eventfds, ascending; kernels before 5.2 have no ids, and none is given then. */
export async function readEventfds(files: MachineFiles, pid: number): Promise<EventfdFact[]> {
  const found: EventfdFact[] = [];
  const fds = (await files.names(`/proc/${pid}/fd`)).flatMap((name) => safeInteger(name) ?? []);
  for (const fd of fds.sort((a, b) => a - b)) {
    if (found.length === MAX_EVENTFDS) break;
    if ((await files.link(`/proc/${pid}/fd/${fd}`)) !== 'anon_inode:[eventfd]') continue;
    // eventfd-id: 11                                                  (eventfd_show_fdinfo, fs/eventfd.c)
    const text = await files.text(`/proc/${pid}/fdinfo/${fd}`);
    const id = safeInteger(/^eventfd-id:\s*(\d+)$/m.exec(text)?.[1] ?? '');
    if (id !== undefined) found.push({ fd, id });
  }
  return found;
}
