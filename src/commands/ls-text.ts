/** Guests in a terminal. Names, ids and files are foreign: everything is made harmless before it is laid out. */
import type { Daemon, Drive, Guest, GuestDisk, GuestThread } from '../discover/guest.ts';
import { escapeStrings, escapeTerminal } from '../render/escape.ts';
import { layoutTable } from '../render/table.ts';
import { wrapText } from '../render/wrap.ts';

/** One block a guest, a blank line between; a sentence when there is none. */
export function guestsText(guests: readonly Guest[], width: number): string {
  if (guests.length === 0) return 'No guest is running here: no process of QEMU was found.\n';
  const blocks = escapeStrings(guests, escapeTerminal).map((guest) => guestText(guest, width));
  return `${blocks.join('\n\n')}\n`;
}

function guestText(guest: Guest, width: number): string {
  const columns = [
    { title: '', align: 'left' as const },
    { title: '', align: 'left' as const },
    { title: '', align: 'left' as const, shrink: true },
  ];
  // without the heading
  const threads = layoutTable(columns, threadRows(guest), width - 2).slice(1);
  return [
    titleOf(guest),
    ...threads.flat().map((line) => `  ${line}`.trimEnd()),
    ...guest.disks.flatMap((disk) => diskLines(disk, width)),
    ...notesOf(guest, width),
  ].join('\n');
}

function titleOf({ name, pid, program, accelerator, disks }: Guest): string {
  const count = disks.length === 1 ? '1 disk' : `${disks.length} disks`;
  const by = accelerator === '' ? program : `${program}, ${accelerator}`;
  return `${name === '' ? '(no name)' : name}  pid ${pid}  ${by}  ${count}`;
}

function threadRows({ threads, iothreads, memory }: Guest): string[][] {
  const vcpus = threads.filter(({ role }) => role === 'vcpu');
  const main = threads.find(({ role }) => role === 'main');
  return [
    ...(vcpus.length === 0 ? [] : [['vCPUs', tids(vcpus), places(vcpus)]]),
    ...(main === undefined ? [] : [['main', String(main.tid), placeOf(main)]]),
    ...iothreads.map(({ id, tid, pollMaxNs }) => {
      const thread = threads.find((each) => each.tid === tid);
      const polls =
        pollMaxNs === null ? [] : [pollMaxNs === 0 ? 'does not poll' : `polls up to ${pollMaxNs} ns`];
      const place = thread === undefined ? 'thread not found' : placeOf(thread);
      return [id, tid === null ? '' : String(tid), [place, ...polls].join(', ')];
    }),
    ...(memory.length === 0 ? [] : [['memory', '', memory.map(nodeMemory).join(', ')]]),
  ];
}

function nodeMemory({ node, pages }: Guest['memory'][number]): string {
  return `node ${node}: ${Math.round(pages / 256)} MiB`;
}

function tids(threads: readonly GuestThread[]): string {
  const all = threads.map(({ tid }) => tid);
  const [first, last] = [all[0]!, all.at(-1)!];
  if (all.length === 1) return String(first);
  return last - first === all.length - 1 ? `${first}-${last}` : `${first} …`;
}

/** One phrase when all of them may run on the same CPUs, else one each. */
function places(threads: readonly GuestThread[]): string {
  const each = new Set(threads.map(placeOf));
  const count = `${threads.length}: `;
  if (each.size === 1) return `${count}${[...each][0]}`;
  return count + threads.map((thread) => `${thread.id} on ${placeOf(thread)}`).join('; ');
}

function placeOf({ allowedCpus, pinned, nodes }: GuestThread): string {
  if (allowedCpus === '') return 'CPUs not known';
  const on = nodes.length === 0 ? '' : ` (node ${nodes.join(', ')})`;
  return pinned ? `pinned to CPU ${allowedCpus}${on}` : `any CPU${nodes.length > 1 ? '' : on}`;
}

function diskLines(disk: GuestDisk, width: number): string[] {
  const paths = disk.paths.length === 0 ? 'no path of iotrace' : `path ${disk.paths[0]}`;
  const rows = [disk.summary, paths, ...driveRows(disk.drive), ...daemonRows(disk.daemon)];
  const name = disk.id === '' ? '(no id)' : disk.id;
  return [`  disk ${name}`, ...rows.flatMap((row) => indented(row, '    ', width))];
}

/** Broken into lines, all but the first two columns further in. */
function indented(text: string, margin: string, width: number): string[] {
  return wrapText(text, width - margin.length - 2).map((line, at) => margin + (at === 0 ? '' : '  ') + line);
}

function driveRows(drive: Drive | null): string[] {
  if (drive === null) return [];
  const what = [
    drive.name === '' ? '' : `${drive.name} (${drive.number})`,
    drive.partition === '' ? '' : `partition ${drive.partition}`,
    drive.pciAddress === '' ? '' : `PCI ${drive.pciAddress}`,
    drive.driver === '' ? '' : `driver ${drive.driver}`,
    drive.node === null || drive.node < 0 ? 'node not known' : `node ${drive.node}`,
  ];
  const interrupts = drive.interrupts.map(({ name, cpus }) => `${name} on CPU ${cpus === '' ? '?' : cpus}`);
  return [
    `drive ${what.filter((part) => part !== '').join(', ')}`,
    ...(interrupts.length === 0 ? [] : [`interrupts ${shortened(interrupts)}`]),
  ];
}

const MOST_SHOWN = 4;

function shortened(items: readonly string[]): string {
  const more = items.length - MOST_SHOWN;
  return [...items.slice(0, MOST_SHOWN), ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

function daemonRows(daemon: Daemon | null): string[] {
  if (daemon === null) return [];
  const threads = daemon.threads.map(({ tid, name, allowedCpus }) => `${tid} ${name} on ${allowedCpus}`);
  return [`daemon threads ${shortened(threads)}`];
}

function notesOf({ notes, monitor }: Guest, width: number): string[] {
  const said = monitor.state === 'answered' ? notes : [...notes, monitor.note];
  return said.flatMap((note) => indented(`note: ${note}`, '  ', width));
}
