/**
 * Lines marked "drawn" were written after the TP_printk of the kernel or the trace-cmd plug-in, because no recording has
 * them; all others stand in a recording.
 */
import { describe, expect, it } from 'vitest';
import { readArguments } from './read-arguments.ts';

describe('system calls', () => {
  it.each([
    ['sys_enter_read', 'fd: 13, buf: 7ff679dfd350, count: 200)', [0, 0x13, 0]],
    ['sys_enter_write', 'fd: c7, buf: 7fff24775ba8, count: 8)', [0, 0xc7, 0]],
    [
      'sys_enter_preadv2',
      'fd: 3, vec: 7ffcc0dc6440, vlen: 1, pos_l: 4567000, pos_h: 0, flags: 0)',
      [0, 3, 0],
    ],
    // Drawn: RWF_HIPRI
    ['sys_enter_preadv2', 'fd: 3, vec: 7ffc, vlen: 1, pos_l: 4567000, pos_h: 0, flags: 1)', [0, 3, 1]],
    ['sys_enter_io_submit', 'ctx_id: 7ff67aa91000, nr: 1, iocbpp: 7ff679dfb390)', [0, 1, 0]],
    ['sys_enter_ppoll', 'ufds: 7ff66c0030c0, nfds: 3, tsp: 0, sigmask: 0, sigsetsize: 8)', [0, 3, 0]],
    ['sys_enter_epoll_wait', 'epfd: d0, events: 7faee46afc00, maxevents: 400, timeout: 3e8)', [0, 0xd0, 0]],
    [
      'sys_enter_io_uring_enter',
      'fd: 3, to_submit: 1, min_complete: 1, flags: 1, argp: 0, argsz: 0)',
      [0, 1, 1],
    ],
    ['sys_exit_read', '-> 0x8', [0, 8, 0]],
    ['sys_exit_ppoll', '-> 0x0', [0, 0, 0]],
    // Drawn, kernel/trace/trace_syscalls.c; the newest kernels print 0x, trace-cmd pads.
    ['sys_exit_read', '-> 0xfffffffffffffff5', [0, -11, 0]],
    ['sys_enter_ioctl', 'fd: c, cmd: c008ae67, arg: 0)', [0, 12, 0xc008ae67 | 0]],
    ['sys_enter_read', 'fd: 9, buf: 0x7ff679dfd350, count: 0x200)', [0, 9, 0]],
    ['sys_enter_read', 'fd: 0x0000000b, buf: 0x7ff679dfd350, count: 0x00000200', [0, 11, 0]],
    ['sys_exit_io_uring_enter', '0x1', [0, 1, 0]],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });

  it.each([
    ['sys_enter_read', ')'],
    ['sys_enter_io_submit', 'ctx_id: 7ff67aa91000)'],
    ['sys_exit_read', '->'],
    ['sys_exit_read', '<-vfs_read'],
  ])('refuses %s %j', (event, text) => {
    expect(readArguments(event, text)).toBeUndefined();
  });
});
