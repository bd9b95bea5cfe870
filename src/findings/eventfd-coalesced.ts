import { firstNotBefore } from '../trace/occurrences.ts';
import { countShared, hostSide, spanOfRequest } from './evidence.ts';
import { defineFinding } from './finding.ts';

/** Signals for one request that have to be taken together with others. */
const LEAST_SHARE = 0.1;
/** A function up to Linux 6.7, the other since. */
const SIGNALS = ['eventfd_signal', 'eventfd_signal_mask'];

export const eventfdCoalesced = defineFinding({
  id: 'eventfd-coalesced',
  severity: 'info',
  title: 'Requests share their wake-ups: signals to eventfds coalesce',
  about:
    'A signal to an eventfd that was not yet read adds to its counter; one read takes all of them, and the back-end then handles every request it finds. That saves wake-ups and is what makes depth efficient, but the wake-up of each of these requests holds its wait for the others, and a kick does not tell which request it was for. Counted are the kernel’s signals (kicks, completions of linux-aio, interrupts through VFIO) against the reads of the back-end; QEMU’s own notifications are read too, so that the figure is a lower bound. Said only where requests shared the disk: a polling back-end also leaves signals unread with one request in flight.',
  find(input) {
    const { correlated, breakdown } = input;
    const { matched } = breakdown;
    const host = hostSide(input);
    if (correlated.host === undefined || host === undefined || correlated.path.name.startsWith('vfio-'))
      return undefined;
    const shared = countShared(input);
    if (shared * 2 < matched.length || host.occurrences.count('eventfd_read') === 0) return undefined;
    const from = spanOfRequest(input, matched[0]!)[0];
    const to = spanOfRequest(input, matched.at(-1)!)[1];
    const count = (kind: string, whose?: ReadonlySet<number>) => {
      const times = host.timesOf(kind);
      const { tid } = host.occurrences.of(kind);
      let found = 0;
      for (let at = firstNotBefore(times, from); at < times.length && times[at]! <= to; at++)
        if (whose === undefined || whose.has(tid[at]!)) found++;
      return found;
    };
    const signal = SIGNALS.find((kind) => host.occurrences.count(kind) > 0);
    const signals = signal === undefined ? 0 : count(signal);
    const reads = count('eventfd_read', correlated.backend);
    const together = signals - reads;
    if (together <= 0 || together < matched.length * LEAST_SHARE) return undefined;
    return {
      evidence: `${signals} signals to eventfds and ${reads} reads of the back-end during the ${matched.length} requests: ${together} were taken together with others`,
      gain: null,
      confidence: 'high',
      fix: 'nothing at this depth; for the wake-up of one request alone record with fio --iodepth=1 --numjobs=1. Queues that wait for one thread are parted by num-queues=N and iothread-vq-mapping (QEMU 9.0 and later; in the domain XML <iothreads> within the disk’s <driver>)',
    };
  },
});
