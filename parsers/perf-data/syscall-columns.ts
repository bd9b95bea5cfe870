/**
 * Columns of system calls. The kernel stores every argument in eight bytes, whatever its type
 * (kernel/trace/trace_syscalls.c), under the name it has in the source.
 */
import { EVENT_KINDS } from '../event-kinds.ts';
import { type ColumnPlanner, numberOf } from './column-source.ts';

/** Fields worth keeping as the tag and as aux, where it is not the first argument alone. */
interface Kept {
  readonly tag: readonly string[];
  readonly aux?: string;
}

const DESCRIPTOR: Kept = { tag: ['fd', 'epfd'] };
const KEPT: Readonly<Record<string, Kept>> = {
  sys_enter_io_submit: { tag: ['nr'] },
  sys_enter_io_getevents: { tag: ['min_nr'] },
  sys_enter_io_pgetevents: { tag: ['min_nr'] },
  sys_enter_ppoll: { tag: ['nfds'] },
  sys_enter_poll: { tag: ['nfds'] },
  sys_enter_io_uring_enter: { tag: ['to_submit'], aux: 'min_complete' },
  sys_enter_ioctl: { tag: ['fd'], aux: 'cmd' },
  sys_enter_preadv2: { tag: ['fd'], aux: 'flags' },
  sys_enter_pwritev2: { tag: ['fd'], aux: 'flags' },
};

function entered(kept: Kept): ColumnPlanner {
  return (fields) => {
    const tag = fields.address(...kept.tag);
    const aux = kept.aux === undefined ? undefined : fields.address(kept.aux);
    if (tag === undefined || (kept.aux !== undefined && aux === undefined)) return undefined;
    return { tag, aux: aux && ((view, raw) => numberOf(aux, view, raw) | 0) };
  };
}

const returned: ColumnPlanner = (fields) => {
  const tag = fields.number('ret');
  return tag && { tag };
};

/** Planners of these events, by event name. */
export const syscallColumns: Readonly<Record<string, ColumnPlanner>> = Object.fromEntries(
  EVENT_KINDS.filter((kind) => kind.name.startsWith('sys_')).map((kind) => [
    kind.name,
    kind.shape === 'exit' ? returned : entered(KEPT[kind.name] ?? DESCRIPTOR),
  ]),
);
