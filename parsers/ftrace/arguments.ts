import { EVENT_KINDS } from '../event-kinds.ts';
import type { ArgumentReader } from './argument-line.ts';
import { blockArguments } from './block-arguments.ts';
import { kvmArguments } from './kvm-arguments.ts';
import { probeArguments } from './probe-arguments.ts';
import { schedArguments } from './sched-arguments.ts';
import { syscallArguments } from './syscall-arguments.ts';

const READERS: Readonly<Record<string, ArgumentReader>> = {
  ...blockArguments,
  ...kvmArguments,
  ...probeArguments,
  ...schedArguments,
  ...syscallArguments,
};

/** The reader of an event that has nothing worth reading behind its name. It need not be called. */
export const NO_ARGUMENTS: ArgumentReader = () => true;

/**
 * The reader of each kind's arguments, by kind id. It is given a line that stands behind the event's name (`name:`,
 * `sys_name(` or `sys_name`) and the blanks there, and fills the columns as the comments of event-kinds.ts say.
 */
export const ARGUMENT_READERS: readonly ArgumentReader[] = EVENT_KINDS.map(
  (kind) => READERS[kind.name] ?? NO_ARGUMENTS,
);
