import type { Finding } from './finding.ts';
import { guestScheduler } from './guest-scheduler.ts';
import { iothreadNode } from './iothread-node.ts';
import { mainLoop } from './main-loop.ts';
import { vcpuHalts } from './vcpu-halts.ts';

/** Everything a report looks for, in the order it is printed. */
export const FINDINGS: readonly Finding[] = [iothreadNode, mainLoop, guestScheduler, vcpuHalts];
