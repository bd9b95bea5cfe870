/**
 * Lines marked "drawn" were written after the TP_printk of the kernel or the trace-cmd plug-in, because no recording has
 * them; all others stand in a recording.
 */
import { describe, expect, it } from 'vitest';
import { readArguments } from './read-arguments.ts';

const NAN = Number.NaN;

describe('scheduler, idle and io_uring', () => {
  it.each([
    [
      'io_uring_submit_req',
      'ring 000000006d2f33ac, req 0000000011f77226, user_data 0x7feb661e38c0, opcode READV, flags 0x0',
      [0, 0x11f77226, 0],
    ],
    [
      'io_uring_complete',
      'ring 000000006d2f33ac, req 0000000011f77226, user_data 0x7feb661e38c0, result 4096, cflags 0x0',
      [0, 0x11f77226, 0],
    ],
    // Drawn, include/trace/events/{io_uring,sched,power}.h and trace-cmd's sched_switch plug-in.
    [
      'io_uring_complete',
      'ring 000000006d2f33ac, user_data 0x7feb661e38c0, result 4096, cflags 0',
      [0, NAN, 0],
    ],
    [
      'sched_switch',
      'prev_comm=qd1 prev_pid=151 prev_prio=120 prev_state=S ==> next_comm=swapper/0 next_pid=0 next_prio=120',
      [151, 0, 1],
    ],
    [
      'sched_switch',
      'prev_comm=a prev_pid=9 prev_prio=120 prev_state=R+ ==> next_comm=b next_pid=8 next_prio=120',
      [9, 8, 0x100],
    ],
    [
      'sched_switch',
      'prev_comm= prev_pid=1 x prev_pid=9 prev_prio=120 prev_state=D|K ==> next_comm= next_pid=2 x next_pid=8 next_prio=120',
      [9, 8, 2],
    ],
    ['sched_switch', 'CPU 0/KVM:912 [120] S ==> IO io0:910 [120]', [912, 910, 1]],
    ['sched_switch', 'kworker/0:1:12 [100] I ==> a:1 [1] S:910 [120]', [12, 910, 0x80]],
    ['sched_waking', 'comm=qd1 pid=151 prio=120 target_cpu=000', [0, 151, 0]],
    ['sched_waking', 'comm= pid=1 pid=2 pid=151 prio=120 target_cpu=000', [0, 151, 0]],
    ['sched_wakeup', 'IO io0:910 [120] CPU:003', [0, 910, 0]],
    ['cpu_idle', 'state=1 cpu_id=3', [3, 1, 0]],
    ['cpu_idle', 'state=4294967295 cpu_id=3', [3, -1, 0]],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });

  it.each([
    ['sched_switch', 'prev_comm=qd1 prev_pid=151'],
    ['sched_switch', 'qd1 ==> a'],
    ['sched_waking', 'comm=a-name-longer-than-any pid=151 prio=120'],
    ['sched_waking', 'nobody'],
    ['cpu_idle', 'state=1'],
    ['io_uring_complete', 'req 0000000011f77226'],
  ])('refuses %s %j', (event, text) => {
    expect(readArguments(event, text)).toBeUndefined();
  });
});
