/** What is kept of a stream once its requests were followed: everything that speaks for or against it, without its rows. */
import { kindId } from '../../parsers/event-kinds.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { CheckedSource, Integrity } from '../trace/integrity.ts';
import type { Source } from '../trace/recording.ts';

/** A stream without its rows. */
export interface StreamTrust {
  readonly source: Omit<Source, 'events'>;
  readonly integrity: Omit<Integrity, 'repeats'>;
  /** Rows it had. */
  readonly events: number;
  /** What of its rows is asked about later. */
  readonly holds: Readonly<Record<Held, boolean>>;
}

/** Exits of guests; completions of block requests; anything of the idle task. */
type Held = 'guestExits' | 'completions' | 'idleTask';

const KVM_EXIT = kindId('kvm_exit');
const COMPLETION = kindId('block_rq_complete');
const IDLE_TASK = 0;

/** Lets go of a stream's rows. */
export function streamTrust({ source: { events, ...source }, integrity }: CheckedSource): StreamTrust {
  const { repeats: _, ...rest } = integrity;
  return { source, integrity: rest, events: events.length, holds: heldBy(events) };
}

function heldBy({ kind, tid }: EventTable): StreamTrust['holds'] {
  return {
    guestExits: kind.includes(KVM_EXIT),
    completions: kind.includes(COMPLETION),
    idleTask: tid.includes(IDLE_TASK),
  };
}
