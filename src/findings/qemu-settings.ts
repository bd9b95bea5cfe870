/** What QEMU was asked for, by its command line. Only ever beside evidence of the trace, never alone. */
import { parseQemuOptions, type QemuOption } from '../../parsers/facts/qemu-options.ts';
import type { FindingInput } from './finding.ts';

/** Default of `-object iothread,poll-max-ns=` (QEMU iothread.c, IOTHREAD_POLL_MAX_NS_DEFAULT), ns. */
const DEFAULT_POLL_NS = 32_768;

/** Words of the longest command line that is looked at. */
const MAX_WORDS = 10_000;

/** The options of QEMU's command line; empty when it was not recorded. */
export function qemuOptions({ facts }: FindingInput): readonly QemuOption[] {
  const words = (facts.qemuCommandLine ?? '').split(/[\s\0]+/u, MAX_WORDS);
  return parseQemuOptions(words);
}

/** poll-max-ns of the only IOThread; undefined without one, with several, or without a command line. */
export function pollWindowNs(input: FindingInput): number | undefined {
  const threads = qemuOptions(input).filter(
    ({ option, values }) => option === 'object' && values.get('qom-type') === 'iothread',
  );
  if (threads.length !== 1) return undefined;
  const text = threads[0]!.values.get('poll-max-ns');
  const window = text === undefined ? DEFAULT_POLL_NS : Number(text);
  return Number.isSafeInteger(window) && window >= 0 ? window : undefined;
}

/** num-queues of the only virtio-blk disk; undefined when it is not stated or there are several disks. */
export function queuesOfDisk(input: FindingInput): number | undefined {
  const disks = qemuOptions(input).filter(
    ({ option, values }) =>
      option === 'device' && /^(virtio-blk|vhost-user-blk)/.test(values.get('driver') ?? ''),
  );
  const queues = Number(disks.length === 1 ? disks[0]!.values.get('num-queues') : undefined);
  return Number.isSafeInteger(queues) && queues > 0 ? queues : undefined;
}
