/**
 * Whether a machine's clock was set while it recorded: then no one line relates it to the other's. Enters: what the order of
 * its file shows, and how far requests are from their host requests. Leaves: a sentence that says so.
 */
import type { Gap } from '../trace/gaps.ts';
import type { HostMatch } from './host-requests.ts';
import type { SideDoubts } from './near-gaps.ts';

/** What shows that a clock was set; undefined where nothing does. `appName`: the application's machine. */
export function setClock(
  { app, host }: SideDoubts,
  appName: string,
  match: HostMatch | undefined,
): string | undefined {
  const [back] = [...setBacks(app.reported, appName), ...setBacks(host.reported, 'host')];
  if (back !== undefined)
    return `the clock of the ${back.machine} was set back by at least ${microseconds(Math.floor(back.ns / 1000))} while it was recorded`;
  return match?.apartNs === undefined
    ? undefined
    : `a machine’s clock was set by about ${microseconds(Math.round(match.apartNs / 1000))} while it was recorded: so much the requests before and after differ in their distance from the host’s`;
}

function setBacks(gaps: readonly Gap[], machine: string): { machine: string; ns: number }[] {
  return gaps.filter((gap) => gap.setBack === true).map(({ from, to }) => ({ machine, ns: to - from }));
}

function microseconds(us: number): string {
  return `${us.toLocaleString('en-US')} µs`;
}
