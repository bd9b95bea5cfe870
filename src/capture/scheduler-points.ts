/**
 * What the scheduler does while requests are served, as data: recorded only where it is asked for, because a busy machine switches
 * tasks and idles thousands of times a second. By it a preempted thread and a CPU that slept deeply are found.
 */
import type { WantedTracepoint } from './wanted-point.ts';

export const SCHEDULER_POINTS: readonly WantedTracepoint[] = [
  { kind: 'tracepoint', scope: 'tasks', system: 'sched', names: ['sched_switch'] },
  // Of whichever CPU the drive interrupts.
  { kind: 'tracepoint', scope: 'machine', system: 'power', names: ['cpu_idle'] },
];
