import type { InterruptFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { firstLineIs, printable, safeInteger, textLines } from './text-lines.ts';

/** Rows of /proc/interrupts at one time, by the label before the colon. */
export type InterruptReading = ReadonlyMap<string, { readonly name: string; readonly count: number }>;

//            CPU0       CPU1
const HEADER = /^CPU\d+(\s+CPU\d+)*$/;
//  38:          0          7  IR-PCI-MSI 17301504-edge      vfio-msix[0](0000:21:00.0)
// PIN:          0          0   Posted-interrupt notification event
// ERR:          0                                     (one count, whatever the number of CPUs)
const ROW = /^(\w+):\s+(.*)$/;
/** The part before the handlers' names: `…-edge` on x86, `… Level` on Arm. */
const TRIGGER = /^.*?\s(?:\d+-[a-z]+|\d+\s+(?:Edge|Level))\s+(?=\S)/;

/** True when the text begins with the CPU heading of /proc/interrupts. */
export function sniffInterrupts(text: string): boolean {
  return firstLineIs(text, HEADER);
}

/**
 * Reads /proc/interrupts; counts are summed over CPUs. A row is named after its handlers (`virtio1-req.0`), after its
 * label where it has none or is no device (`LOC`, `PIN`); of rows with one name the later say which (`x (irq 26)`).
 */
export function parseInterrupts(text: string): Reading<InterruptReading> {
  const problems = new ProblemList();
  const rows = new Map<string, { name: string; count: number }>();
  const names = new Set<string>();
  const [header, ...body] = textLines(text);
  const cpus = header?.text.split(/\s+/).length ?? 0;
  for (const { line, text: entry } of body) {
    const match = ROW.exec(entry);
    const device = /^\d+$/.test(match?.[1] ?? '');
    const row = match === null ? undefined : countRow(match[2]!, cpus, device);
    if (match === null || row === undefined) {
      problems.error(line, 'not a row of /proc/interrupts');
      continue;
    }
    const label = match[1]!;
    const handlers = device ? printable(row.description.replace(TRIGGER, '')) : label;
    const base = handlers === '' ? `irq ${label}` : handlers;
    const name = names.has(base) ? `${base} (irq ${label})` : base;
    names.add(name);
    rows.set(label, { name, count: row.count });
  }
  return { data: rows, problems: problems.list() };
}

function countRow(
  text: string,
  cpus: number,
  device: boolean,
): { count: number; description: string } | undefined {
  const words = text.split(/\s+/);
  let count = 0;
  let used = 0;
  for (; used < cpus; used++) {
    const value = safeInteger(words[used] ?? '');
    if (value === undefined) break;
    count += value;
  }
  const whole = used === cpus || (used === 1 && !device); // ERR and MIS have one count for all CPUs
  if (used === 0 || !whole) return undefined;
  return { count, description: words.slice(used).join(' ') };
}

/** Rows whose count moved between two readings, by label; a row that only one of them has is left out. */
export function movedInterrupts(before: InterruptReading, after: InterruptReading): readonly InterruptFact[] {
  return [...after].flatMap(([label, { name, count }]) => {
    const earlier = before.get(label);
    return earlier === undefined || earlier.count === count
      ? []
      : [{ name, before: earlier.count, after: count }];
  });
}
