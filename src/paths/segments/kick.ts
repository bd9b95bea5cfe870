import { OF_EVENTFD_READ } from '../stand-ins.ts';
import type { Segment } from './segment.ts';

/** Exit class of kvm_exit for a doorbell behind an unmapped page (EPT_MISCONFIG, NPF). */
const MMIO_EXIT = 1;

/** Doorbell write to the ioeventfd. AMD decodes it (kvm_mmio) before signalling, Intel's fast path signals first. */
export const kick: Segment = {
  points: [
    { point: 'guest:kick', detail: true },
    { point: 'kvm:exit', stage: 'guest-kick' },
    { point: 'kvm:mmio', detail: true },
    { point: 'kvm:ioeventfd', stage: 'kick-exit' },
  ],
  rules: [
    {
      point: 'guest:kick',
      events: ['vp_notify', 'virtqueue_notify'],
      join: { by: 'task', of: 'guest:issue' },
      pick: 'first',
      after: ['guest:issue'],
      before: ['guest:complete'],
      certain: true,
    },
    {
      point: 'kvm:mmio',
      events: ['ioeventfd_write', 'kvm_mmio', 'kvm_fast_mmio'],
      onlyWith: 'guest:kick',
      orAlone: true,
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'first',
      after: ['guest:issue'],
      before: ['guest:complete'],
      tag: 'learned',
      certain: true,
      isAcross: true,
    },
    {
      point: 'kvm:exit',
      events: ['kvm_exit'],
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'last',
      after: ['guest:issue'],
      before: ['kvm:mmio'],
      tag: MMIO_EXIT,
      certain: true,
    },
    {
      point: 'kvm:resume',
      events: ['kvm_entry'],
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'first',
      after: ['kvm:mmio'],
      before: ['guest:complete'],
      certain: true,
    },
    {
      point: 'kvm:ioeventfd',
      events: ['eventfd_signal', 'eventfd_signal_mask'],
      onlyWith: 'guest:kick',
      orAlone: true,
      join: { by: 'vcpu', of: 'guest:issue' },
      pick: 'first',
      after: ['kvm:exit'],
      before: ['kvm:resume', 'guest:complete'],
      tag: 'learned',
      certain: true,
    },
  ],
};

/** Back-end thread wakes and drains the kick. The first read of an eventfd after a signal drains that signal. */
export const kickRead: Segment = {
  points: [
    { point: 'backend:awake', detail: true },
    { point: 'backend:notifier', detail: true },
    { point: 'backend:kick-read', stage: 'iothread-wakeup' },
  ],
  rules: [
    {
      point: 'backend:kick-read',
      events: ['eventfd_read', 'sys_enter_read'],
      standIns: OF_EVENTFD_READ,
      drains: 'kvm:ioeventfd',
      join: { by: 'backend' },
      pick: 'first',
      after: ['kvm:ioeventfd', 'kvm:mmio'],
      before: [
        'backend:pickup',
        'backend:block',
        'backend:submit',
        'host:issue',
        'vfio:irq',
        'kvm:irqfd',
        'guest:complete',
      ],
      certain: true,
    },
    {
      point: 'backend:notifier',
      events: ['virtio_queue_host_notifier_read'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['kvm:ioeventfd', 'kvm:mmio'],
      before: [
        'backend:pickup',
        'backend:block',
        'backend:submit',
        'host:issue',
        'vfio:irq',
        'kvm:irqfd',
        'guest:complete',
      ],
      certain: true,
    },
    {
      point: 'backend:awake',
      events: ['sys_exit_ppoll', 'sys_exit_io_uring_enter', 'sys_exit_epoll_wait', 'sys_exit_epoll_pwait'],
      join: { by: 'backend' },
      pick: 'first',
      after: ['kvm:ioeventfd', 'kvm:mmio'],
      before: ['backend:kick-read'],
      certain: true,
    },
  ],
};

/**
 * The same where no event of the host names a request. With several in flight the only kick in a request's window may then be
 * another's, and its read come when the request is on its way already: those of a request that was alone are its own.
 */
export const unnamedKick: Segment = {
  points: [...kick.points, ...kickRead.points],
  rules: [...kick.rules, ...kickRead.rules].map(({ certain: _, ...rule }) => rule),
};
