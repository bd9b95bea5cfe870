import { NOT_OBSERVED } from '../correlate/request-table.ts';
import { NO_ROW } from '../trace/units.ts';
import { countOf, microseconds, ofRequests } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { diskOptions, pollWindowNs, qemuOptions } from './qemu-settings.ts';

/** Fewer needless kicks than this share are not worth a change. */
const LEAST_SHARE = 0.1;

export const kickWhilePolling = defineFinding({
  id: 'kick-while-polling',
  severity: 'info',
  title: 'The guest kicks though polling had picked the request up',
  about:
    'While it polls, QEMU switches kicks off by a flag of the ring; on a split ring with event_idx that flag is not used, and the guest kicks for every new request although nobody waits for it. The exit is beside the critical path of this request but takes the vCPU out of the guest. A packed ring has a flag that works with event_idx (virtio_queue_set_notification in QEMU’s hw/virtio/virtio.c). Without event_idx several requests at once may kick and interrupt more often: compare at the depth you run.',
  find(input) {
    // Then only a kick that was on its way when polling began remains; nothing is left to switch off.
    if (qemuOptions(input).some(({ values }) => values.get('event_idx') === 'off')) return undefined;
    if (diskOptions(input)?.get('packed') === 'on') return undefined;
    const { correlated } = input;
    // With others in flight a request may be found because the back-end is at work for them.
    if (pollWindowNs(input) === 0) return undefined;
    const kicks = correlated.followed.rows.get('kvm:exit');
    if (kicks === undefined) return undefined;
    const { variant, variants } = correlated.requests;
    const isKicked = variants.map(({ points }) => points.includes('kvm:exit'));
    const { alone } = correlated.inFlight;
    const polled = (request: number) =>
      alone[request] !== 0 && isKicked[variant[request]!] !== true && kicks[request] !== NO_ROW;
    const count = countOf(input, polled);
    if (count === 0 || count < input.breakdown.matched.length * LEAST_SHARE) return undefined;
    const out = exitTimes(input, polled);
    return {
      evidence: `${ofRequests(input, count)} were picked up by polling and kicked all the same${out === undefined ? '' : `; each such exit kept the vCPU out of the guest for ${microseconds(out)}`}`,
      gain: null,
      confidence: 'high',
      fix: "event_idx=off on the virtio-blk device, or packed=on; in the domain XML event_idx='off' or packed='on' on the disk’s <driver>",
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
