/** A synchronous call returns after the request it waits for has completed: messages between the CPUs of one machine. */
import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import { LatestRows } from '../trace/latest-rows.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { BySector } from './by-sector.ts';
import type { CpuMessages } from './cpu-messages.ts';

const CALLS = ['read', 'pread64', 'preadv', 'preadv2', 'write', 'pwrite64', 'pwritev', 'pwritev2'];

const ENTER = 1;
const EXIT = 2;
const ISSUE = 3;
const COMPLETE = 4;
const BY_KIND = new Map<number, number>([
  [kindId('block_rq_issue'), ISSUE],
  [kindId('block_rq_complete'), COMPLETE],
  ...CALLS.map((call): [number, number] => [kindId(`sys_enter_${call}`), ENTER]),
  ...CALLS.map((call): [number, number] => [kindId(`sys_exit_${call}`), EXIT]),
]);
/** Per kind what it means here, 0 for most. */
const STEPS = Uint8Array.from(EVENT_KINDS, ({ id }) => BY_KIND.get(id) ?? 0);

/** Completions and the returns of the calls that waited for them. */
export function syncCalls(machine: Occurrences): CpuMessages {
  const walk = new Walk(machine);
  if (CALLS.every((call) => machine.count(`sys_enter_${call}`) === 0)) return walk.messages;
  const { kind } = machine.table;
  for (let row = 0; row < kind.length; row++) {
    const step = STEPS[kind[row]!]!;
    if (step !== 0) walk.step(row, step);
  }
  return walk.messages;
}

/** A call with requests: where it waits for them, and the row of its exit. */
interface Call {
  exit: number;
  readonly waits: Wait[];
}

/** A request that a call waits for, and the row of its completion. */
interface Wait {
  readonly call: Call;
  completed: number;
}

class Walk {
  readonly messages: CpuMessages = { causes: [], effects: [], alone: [] };
  readonly #table: Occurrences['table'];
  /** Thread → row of its open call; the same for calls with requests. */
  readonly #open = new LatestRows();
  readonly #asking = new Map<number, Call>();
  /** Device → sector → the request in flight there, of those that a call waits for. */
  readonly #inFlight = new Map<number, BySector<Wait>>();

  constructor({ table }: Occurrences) {
    this.#table = table;
  }

  step(row: number, step: number): void {
    if (step === ENTER) {
      this.#open.set(this.#table.tid[row]!, row);
      if (this.#asking.size > 0) this.#asking.delete(this.#table.tid[row]!);
    } else if (step === EXIT) this.#onExit(row);
    else if (step === ISSUE) this.#onIssue(row);
    else this.#onComplete(row);
  }

  #onExit(row: number): void {
    const thread = this.#table.tid[row]!;
    this.#open.set(thread, NO_ROW);
    const call = this.#asking.size === 0 ? undefined : this.#asking.get(thread);
    if (call === undefined) return;
    call.exit = row;
    for (const { completed } of call.waits) if (completed !== NO_ROW) this.#add(completed, row);
    this.#asking.delete(thread);
  }

  #onIssue(row: number): void {
    const { tid, dev, tag } = this.#table;
    const thread = tid[row]!;
    if (this.#open.get(thread) === NO_ROW) return;
    const call = this.#asking.get(thread) ?? { exit: NO_ROW, waits: [] };
    this.#asking.set(thread, call);
    const wait = { call, completed: NO_ROW };
    call.waits.push(wait);
    const own = this.#inFlight.get(dev[row]!) ?? new BySector<Wait>();
    this.#inFlight.set(dev[row]!, own);
    own.set(tag[row]!, wait);
  }

  #onComplete(row: number): void {
    const own = this.#inFlight.get(this.#table.dev[row]!);
    const wait = own?.get(this.#table.tag[row]!);
    if (own === undefined || wait === undefined) return;
    own.delete(this.#table.tag[row]!);
    if (wait.call.exit === NO_ROW) wait.completed = row;
    else this.#add(row, wait.call.exit);
  }

  #add(cause: number, effect: number): void {
    this.messages.causes.push(cause);
    this.messages.effects.push(effect);
    this.messages.alone.push(true);
  }
}
