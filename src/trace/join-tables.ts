import { columnsOf } from './columns.ts';
import { type EventTable, eventTable, type Task } from './event-table.ts';
import { namesString } from './string-ids.ts';

/** Several tables of one machine and one clock as one; not in time order. String ids of all but the first are renamed. */
export function joinTables(tables: readonly EventTable[]): EventTable {
  const epoch = tables.map((table) => table.epoch).reduce((least, each) => (each < least ? each : least));
  const length = tables.reduce((sum, table) => sum + table.length, 0);
  const strings: string[] = [''];
  const tasks = new Map<number, Task>();
  const joined = eventTable(columnsOf(length), { epoch, strings, tasks });
  let at = 0;
  for (const table of tables) {
    const shift = Number(table.epoch - epoch);
    const names = strings.length - 1;
    strings.push(...table.strings.slice(1));
    for (let row = 0; row < table.length; row++) {
      joined.ts[at + row] = table.ts[row]! + shift;
      joined.dev[at + row] =
        namesString(table.kind[row]!) && table.dev[row]! > 0 ? table.dev[row]! + names : table.dev[row]!;
    }
    joined.kind.set(table.kind, at);
    joined.cpu.set(table.cpu, at);
    joined.tid.set(table.tid, at);
    joined.tag.set(table.tag, at);
    joined.aux.set(table.aux, at);
    for (const [tid, task] of table.tasks) if (!tasks.has(tid) || task.comm !== '') tasks.set(tid, task);
    at += table.length;
  }
  return joined;
}
