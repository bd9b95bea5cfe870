import { countOf, hasPoint, microseconds, ofRequests } from './evidence.ts';
import { defineFinding } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { pollWindowNs } from './qemu-settings.ts';

/** Above this share of woken requests polling does not do what it was asked for. */
const MOST_WOKEN = 0.5;

export const pollWindow = defineFinding({
  id: 'poll-window',
  severity: 'info',
  title: 'The IOThread may poll, but most requests have to wake it',
  about:
    'An IOThread polls for poll-max-ns (32,768 ns unless set) before it sleeps. A device or a think time longer than that window lets it sleep before every completion or kick; a handler that cannot be polled (io_uring before some versions, a vhost-user slave’s descriptor) stops polling for the whole AioContext. A longer window burns its CPU.',
  find(input) {
    const { correlated, breakdown } = input;
    if (!correlated.path.name.startsWith('virtio-blk-')) return undefined;
    const window = pollWindowNs(input);
    if (window === undefined || window === 0) return undefined;
    const kicked = hasPoint(input, 'backend:kick-read');
    const completed = hasPoint(input, 'backend:complete-read');
    const woken = countOf(input, (request) => kicked(request) || completed(request));
    if (woken < breakdown.matched.length * MOST_WOKEN || woken === 0) return undefined;
    const device = breakdown.stages.find(({ id }) => id === 'device')?.distribution.meanNs;
    const compared =
      device === undefined ? '' : `; the device stage takes ${microseconds(device)} in the mean`;
    return {
      evidence: `poll-max-ns is ${window}, yet the IOThread was woken for ${ofRequests(input, woken)}${compared}`,
      gain: gainOfStages(input, ['iothread-wakeup', 'iothread-complete-wakeup']),
      confidence: 'medium',
      fix: 'a poll-max-ns longer than the device stage, on -object iothread or at run time with qom-set /objects/ID poll-max-ns; <iothread><poll max=…/> in the domain XML',
    };
  },
});
