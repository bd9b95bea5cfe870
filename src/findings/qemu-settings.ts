/** What QEMU or a storage daemon was asked for, by its command line. Only ever beside evidence of the trace, never alone. */
import { commandLineWords, parseQemuOptions, type QemuOption } from '../../parsers/facts/qemu-options.ts';
import { hostSide } from './evidence.ts';
import type { FindingInput } from './finding.ts';

/** Default of `-object iothread,poll-max-ns=` (QEMU iothread.c, IOTHREAD_POLL_MAX_NS_DEFAULT), ns. */
const DEFAULT_POLL_NS = 32_768;

/** Letters of a thread's name that the kernel keeps. */
const MOST_LETTERS = 15;

/** The options of QEMU's command line; empty when it was not recorded. */
export function qemuOptions({ facts }: FindingInput): readonly QemuOption[] {
  return optionsOf(facts.qemuCommandLine);
}

function optionsOf(commandLine = ''): readonly QemuOption[] {
  return parseQemuOptions(commandLineWords(commandLine));
}

/**
 * poll-max-ns of the IOThread that serves the disk: of the one its thread is named after (`IO io0`), else of the only one. What
 * was in force when recording began comes before the command line. Undefined where no IOThread or several may be meant.
 */
export function pollWindowNs(input: FindingInput): number | undefined {
  const { path } = input.correlated;
  const daemon = path.name.startsWith('vhost-user-');
  if (!daemon && !path.name.startsWith('virtio-blk-')) return undefined;
  const options = daemon ? optionsOf(input.facts.daemonCommandLine) : qemuOptions(input);
  const threads = options.filter(
    ({ option, values }) => option === 'object' && values.get('qom-type') === 'iothread',
  );
  const names = namesOfBackend(input);
  const named = threads.filter(({ values }) => names.has(`IO ${values.get('id')}`.slice(0, MOST_LETTERS)));
  const [thread, ...others] = named.length > 0 ? named : threads;
  if (thread === undefined || others.length > 0) return undefined;
  const text = noted(input, thread.values.get('id') ?? '') ?? thread.values.get('poll-max-ns');
  const window = text === undefined ? DEFAULT_POLL_NS : Number(text);
  return Number.isSafeInteger(window) && window >= 0 ? window : undefined;
}

function namesOfBackend(input: FindingInput): ReadonlySet<string> {
  const tasks = hostSide(input)?.table.tasks;
  return new Set([...input.correlated.backend].map((tid) => tasks?.get(tid)?.comm ?? ''));
}

/** `IOThread io0: poll-max-ns 32768`, asked of the running QEMU. */
function noted({ facts }: FindingInput, id: string): string | undefined {
  const begin = `IOThread ${id}: poll-max-ns `;
  const note = facts.notes?.find((each) => each.startsWith(begin))?.slice(begin.length);
  return note !== undefined && /^\d+$/.test(note) ? note : undefined;
}

/** The only virtio-blk (or vhost-user-blk) device; undefined when there are several. */
export function diskOptions(input: FindingInput): ReadonlyMap<string, string> | undefined {
  const disks = qemuOptions(input).filter(
    ({ option, values }) =>
      option === 'device' && /^(virtio-blk|vhost-user-blk)/.test(values.get('driver') ?? ''),
  );
  return disks.length === 1 ? disks[0]!.values : undefined;
}

/** num-queues of the only disk; undefined when it is not stated or there are several disks. */
export function queuesOfDisk(input: FindingInput): number | undefined {
  const queues = Number(diskOptions(input)?.get('num-queues'));
  return Number.isSafeInteger(queues) && queues > 0 ? queues : undefined;
}
