import type { InFlight } from '../correlate/in-flight.ts';
import { aioThreads } from './aio-threads.ts';
import { driveNode } from './drive-node.ts';
import { eventfdCoalesced } from './eventfd-coalesced.ts';
import type { Finding, FindingInput, Found } from './finding.ts';
import { guestScheduler } from './guest-scheduler.ts';
import { idleState } from './idle-state.ts';
import { interruptCpu } from './interrupt-cpu.ts';
import { interruptNode } from './interrupt-node.ts';
import { iopollUnused } from './iopoll-unused.ts';
import { iothreadNode } from './iothread-node.ts';
import { kickUserSpace } from './kick-user-space.ts';
import { kickWhilePolling } from './kick-while-polling.ts';
import { mainLoop } from './main-loop.ts';
import { memoryNode } from './memory-node.ts';
import { migrating } from './migrating.ts';
import { noPollQueues } from './no-poll-queues.ts';
import { pollBurn } from './poll-burn.ts';
import { pollWindow } from './poll-window.ts';
import { pollingStopped } from './polling-stopped.ts';
import { postedInterrupts } from './posted-interrupts.ts';
import { preempted } from './preempted.ts';
import { findQueueDepth, queueDepth } from './queue-depth.ts';
import { sharedIothread } from './shared-iothread.ts';
import { shorterPath } from './shorter-path.ts';
import { singleQueue } from './single-queue.ts';
import { tracingCost } from './tracing-cost.ts';
import { vcpuHalts } from './vcpu-halts.ts';

/** Everything a report looks for, in the order it is printed. */
export const FINDINGS: readonly Finding[] = [
  ...[iothreadNode, interruptNode, driveNode, memoryNode, migrating, preempted],
  ...[mainLoop, aioThreads, kickUserSpace, kickWhilePolling, singleQueue, sharedIothread],
  ...[pollWindow, pollingStopped, pollBurn, noPollQueues, iopollUnused, guestScheduler],
  ...[vcpuHalts, postedInterrupts, interruptCpu, idleState],
  ...[shorterPath, queueDepth, eventfdCoalesced, tracingCost],
];

/** What was found, and what is to be said of it. */
export type NamedFinding = Pick<Finding, 'id' | 'severity' | 'title'> & Found;

/** All that one recording shows, in the order of the list; nothing where no request was followed. */
export function findAll(input: FindingInput): NamedFinding[] {
  if (input.breakdown.matched.length === 0) return [];
  return FINDINGS.flatMap(({ id, severity, title, find }) => {
    const found = find(input);
    return found === undefined ? [] : [{ id, severity, title, ...found }];
  });
}

/** All that block events alone can show, of so many requests that were followed and those of them that shared the disk. */
export function findInBlocks(
  requests: number,
  shared: number,
  inFlight: Pick<InFlight, 'most' | 'mean'>,
): NamedFinding[] {
  const found = findQueueDepth(requests, shared, inFlight);
  const { id, severity, title } = queueDepth;
  return found === undefined ? [] : [{ id, severity, title, ...found }];
}
