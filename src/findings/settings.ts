/**
 * What the machines were set to, as notes of the facts say it: `/sys/…/io_poll = 1`, the guest's own with `in the guest: ` before
 * it. Only ever beside evidence of the trace, never alone.
 */
import type { FindingInput } from './finding.ts';

const GUEST = 'in the guest: ';

/** A setting of one machine: the note as it stands, and the value. */
export interface Setting {
  readonly text: string;
  readonly value: string;
}

/** The first setting of a machine whose path ends with `path`; undefined where none was noted. */
export function settingOf(
  { facts }: Pick<FindingInput, 'facts'>,
  machine: 'host' | 'guest',
  path: RegExp,
): Setting | undefined {
  for (const text of facts.notes ?? []) {
    if (text.startsWith(GUEST) !== (machine === 'guest')) continue;
    const setting = machine === 'guest' ? text.slice(GUEST.length) : text;
    const [name = '', value] = setting.split(' = ', 2);
    if (value !== undefined && name.startsWith('/') && path.test(name)) return { text, value };
  }
  return undefined;
}

/** The machine the application runs on. */
export function ownMachine({ correlated }: Pick<FindingInput, 'correlated'>): 'host' | 'guest' {
  return correlated.path.app;
}

/** Whether the application's disk has poll queues, and what says so; undefined where nothing does. */
export function pollQueues(input: FindingInput): (Setting & { readonly some: boolean }) | undefined {
  const setting = settingOf(input, ownMachine(input), /\/block\/[\w!-]+\/queue\/io_poll$/);
  if (setting !== undefined) return { ...setting, some: setting.value === '1' };
  //  [    1.2] nvme nvme0: 1/0/1 default/read/poll queues        (a console, of the machine the application runs on)
  const text = input.facts.notes?.find((note) => CONSOLE.test(note));
  const queues = CONSOLE.exec(text ?? '')?.[1];
  return text === undefined || queues === undefined
    ? undefined
    : { text, value: queues, some: queues !== '0' };
}

const CONSOLE = /\d{1,5}\/\d{1,5}\/(\d{1,5}) default\/read\/poll queues/;
