import { microseconds, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { countAbove, pollWaits, quantile } from './poll-waits.ts';
import { pollWindowNs } from './qemu-settings.ts';

/** Above this share of woken requests polling does not do what it was asked for. */
const MOST_WOKEN = 0.5;
/** One wait in ten that is too long takes QEMU's own window back to nothing often enough to matter. */
const LEAST_BEYOND = 0.1;

/** Beyond this a wake-up is a small part of the wait: what KVM and cpuidle-haltpoll poll for at most, too. */
export const LONGEST_POLL_NS = 200_000;

export const pollWindow = defineFinding({
  id: 'poll-window',
  severity: 'info',
  title: 'The IOThread’s poll window is too short: most requests wake it',
  about:
    'An IOThread polls for at most poll-max-ns (32,768 ns unless set) before it sleeps, and QEMU shortens the window by itself after each wait that was longer. A device slower than that, or an application that thinks for longer, lets it sleep before every completion or kick. A longer window burns its CPU for the whole wait; where the device takes hundreds of microseconds polling is not worth it.',
  find(input) {
    const window = pollWindowNs(input);
    if (window === undefined || window === 0) return undefined;
    const { woken, ns, completionNs } = pollWaits(input);
    const beyond = countAbove(ns, window);
    if (woken === 0 || woken < input.breakdown.matched.length * MOST_WOKEN) return undefined;
    if (beyond === 0 || beyond < ns.length * LEAST_BEYOND) return undefined;
    const completions = countAbove(completionNs, window);
    const wanted = quantile(completions > 0 ? completionNs : ns, 0.9);
    return {
      evidence: `poll-max-ns is ${window}, and the back-end was woken for ${ofRequests(input, woken)}; ${beyond} of ${ns.length} waits were longer than the window, ${microseconds(quantile(ns, 0.5))} in the median`,
      gain: gainOfStages(input, ['iothread-wakeup', 'iothread-complete-wakeup']),
      confidence: beyond * 2 >= ns.length ? 'high' : 'medium',
      fix: `${advice(wanted, completions > 0 ? 'for a completion' : 'for the next kick')}: on -object iothread, at run time qom-set /objects/ID poll-max-ns NS or virsh iothreadset DOMAIN ID --poll-max-ns NS, in the domain XML <iothreadids><iothread id='ID'><poll max='NS'/></iothread></iothreadids>`,
    };
  },
});

/** Long enough for nine of ten waits, or none at all where that is too long to burn a CPU for. */
function advice(wantedNs: number, what: string): string {
  return wantedNs > LONGEST_POLL_NS
    ? `poll-max-ns=0 saves the CPU that polling burns, since one wait in ten ${what} is longer than ${microseconds(wantedNs)}; only where a CPU is to spare a poll-max-ns above ${Math.ceil(wantedNs)}`
    : `a poll-max-ns above ${Math.ceil(wantedNs)}, which covers nine of ten waits ${what}, or 0, which saves the CPU that polling burns`;
}
