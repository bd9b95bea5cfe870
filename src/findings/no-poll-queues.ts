import { countOf, hasPoint, ofRequests } from './evidence.ts';
import { defineFinding, type FindingInput } from './finding.ts';
import { gainOfStages } from './gain.ts';
import { pollingAsked } from './polling-asked.ts';
import { ownMachine, pollQueues, settingOf } from './settings.ts';

export const noPollQueues = defineFinding({
  id: 'no-poll-queues',
  severity: 'warning',
  title: 'Polling is asked for, but the disk has no poll queue',
  about:
    'The nvme and virtio_blk drivers have no poll queue unless their module parameter poll_queues says so; a request that asks for polling then completes by interrupt, and newer kernels refuse it. The parameter counts when the controller is set up: one that was written later shows in /sys/module and does nothing until the controller is reset. virtio_blk always keeps one queue that interrupts, so the disk needs at least two.',
  find(input) {
    const queues = pollQueues(input);
    if (queues?.some !== false) return undefined;
    const asked = pollingAsked(input)?.text ?? parameterOf(input);
    if (asked === undefined) return undefined;
    const isGuest = input.correlated.path.app === 'guest';
    const interrupted = countOf(input, hasPoint(input, isGuest ? 'guest:irq' : 'host:irq'));
    if (interrupted * 2 < input.breakdown.matched.length || interrupted === 0) return undefined;
    return {
      evidence: `${asked}; ${queues.text}, and ${ofRequests(input, interrupted)} took an interrupt`,
      gain: gainOfStages(input, ['guest-irq', 'guest-wakeup', 'host-irq', 'app-wakeup']),
      confidence: 'high',
      fix: isVirtio(input)
        ? 'in the guest virtio_blk.poll_queues=1 on the kernel’s command line, and num-queues=2 or more on the disk; then io_uring with IOPOLL (fio: --ioengine=io_uring --hipri=1)'
        : 'nvme.poll_queues=1 on the kernel’s command line, or at run time echo 1 > /sys/module/nvme/parameters/poll_queues; echo 1 > /sys/class/nvme/nvmeN/reset_controller; then io_uring with IOPOLL (fio: --ioengine=io_uring --hipri=1)',
    };
  },
});

/** The module parameter of the disk's driver, where it is more than none. */
function parameterOf(input: FindingInput): string | undefined {
  const driver = isVirtio(input)
    ? /\/virtio_blk\/parameters\/poll_queues$/
    : /\/nvme\/parameters\/poll_queues$/;
  const setting = settingOf(input, ownMachine(input), driver);
  return setting !== undefined && Number(setting.value) > 0 ? setting.text : undefined;
}

/** A guest's disk that is not assigned is virtio-blk; everything else that polls is NVMe. */
function isVirtio({ correlated: { path } }: FindingInput): boolean {
  return path.app === 'guest' && !path.name.startsWith('vfio-');
}
