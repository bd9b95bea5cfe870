import { NOT_OBSERVED } from '../correlate/request-table.ts';
import { countOf, hasPoint, microseconds, ofRequests } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { qemuOptions } from './qemu-settings.ts';

/** Fewer needless kicks than this share are not worth a change. */
const LEAST_SHARE = 0.1;

export const kickWhilePolling = defineFinding({
  id: 'kick-while-polling',
  severity: 'info',
  title: 'The guest kicks though polling had picked the request up',
  about:
    'While it polls, QEMU switches kicks off by a flag of the ring; with event_idx that flag is not used, and the guest kicks for every new request although nobody waits for it. The exit is beside the critical path of this request but takes the vCPU out of the guest.',
  find(input) {
    // Without event_idx only a kick that was on its way when polling began remains; nothing is left to switch off.
    if (qemuOptions(input).some(({ values }) => values.get('event_idx') === 'off')) return undefined;
    const { correlated } = input;
    const kick = hasPoint(input, 'kvm:exit');
    const polled = (request: number) =>
      !correlated.requests.variants[correlated.requests.variant[request]!]!.points.includes('kvm:exit') &&
      kick(request);
    const count = countOf(input, polled);
    if (count === 0 || count < input.breakdown.matched.length * LEAST_SHARE) return undefined;
    const out = exitTimes(input, polled);
    return {
      evidence: `${ofRequests(input, count)} were picked up by polling and kicked all the same${out === undefined ? '' : `; each such exit kept the vCPU out of the guest for ${microseconds(out)}`}`,
      gain: null,
      confidence: 'high',
      fix: "event_idx=off on the virtio-blk device; in the domain XML event_idx='off' on the disk’s <driver>",
    };
  },
});

/** Mean ns from the exit to the entry after it, over these requests; undefined where the entry was not followed. */
function exitTimes(
  { correlated, breakdown }: FindingInput,
  chosen: (request: number) => boolean,
): number | undefined {
  const left = correlated.requests.offsets.get('kvm:exit');
  const back = correlated.requests.offsets.get('kvm:resume');
  if (left === undefined || back === undefined) return undefined;
  const times = [...breakdown.matched]
    .filter((request) => chosen(request) && left[request] !== NOT_OBSERVED && back[request] !== NOT_OBSERVED)
    .map((request) => back[request]! - left[request]!)
    .filter((ns) => ns >= 0);
  return times.length === 0 ? undefined : times.reduce((sum, ns) => sum + ns, 0) / times.length;
}
