import type { EventTable } from './event-table.ts';
import type { SetBack } from './file-order.ts';
import type { SourceLoss } from './recording.ts';

/** A stretch of time in which rows of one thread or CPU are missing; they lay between two rows that are there. */
export interface Gap {
  /** Times of the rows around it, in the unit of the table; infinite where there is none. */
  readonly from: number;
  readonly to: number;
  /** Thread whose row is missing; undefined when it may be any. */
  readonly tid: number | undefined;
  /** CPU that lost it; undefined when it may be any. */
  readonly cpu: number | undefined;
  /** What is missing, for a sentence: 'sys_exit_read', 'events'. */
  readonly missing: string;
  /** No row is missing: the clock of all CPUs showed these times twice, being set back by at least their length. */
  readonly setBack?: boolean;
}

/**
 * Where a tracer says it lost events: on a CPU, between that CPU's rows before and after the remark. A loss whose CPU is
 * not said lies between any two rows. `table` holds the rows in the order of the file.
 */
export function reportedGaps(table: EventTable, losses: readonly SourceLoss[]): Gap[] {
  if (losses.length === 0) return [];
  const before = neighbours(table, losses, -1);
  const after = neighbours(table, losses, 1);
  return losses.map((loss, index) => ({
    from: before[index]!,
    to: after[index]!,
    tid: undefined,
    cpu: loss.cpu < 0 ? undefined : loss.cpu,
    missing: 'events',
  }));
}

/** Times that a clock showed twice, as it was set back. `table` holds the rows in the order of the file. */
export function timesTwice({ ts }: EventTable, setBack: SetBack | undefined): Gap[] {
  if (setBack === undefined) return [];
  // The rows at both edges are among them.
  const [from, to] = [ts[setBack.after]! - 1, ts[setBack.before]! + 1];
  return [{ from, to, tid: undefined, cpu: undefined, missing: 'nothing', setBack: true }];
}

/** Per loss the time of the nearest row of its CPU, backwards (-1) or onwards (1); one walk over the table. */
function neighbours(table: EventTable, losses: readonly SourceLoss[], step: 1 | -1): Float64Array {
  const found = new Float64Array(losses.length).fill(step * Number.POSITIVE_INFINITY);
  const order = [...losses.keys()].sort((a, b) => step * (losses[b]!.row - losses[a]!.row));
  const latest = new Map<number, number>();
  const any = -1;
  let row = step === -1 ? 0 : table.length - 1;
  for (const index of order) {
    const { cpu, row: place } = losses[index]!;
    for (; step === -1 ? row < place : row >= place; row -= step) {
      latest.set(table.cpu[row]!, table.ts[row]!);
      latest.set(any, table.ts[row]!);
    }
    const time = latest.get(cpu < 0 ? any : cpu);
    if (time !== undefined) found[index] = time;
  }
  return found;
}
