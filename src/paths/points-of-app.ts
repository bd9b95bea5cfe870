import { definePoint as define, type Point } from './define-point.ts';

/** Points of the application and of the guest it may run in. */
export const APP_POINTS = [
  define(
    'app:begin',
    'app',
    'application begins',
    'The application’s own time stamp before it asks for the request (its request log).',
  ),
  define(
    'app:end',
    'app',
    'application has it',
    'The application’s own time stamp after it has the result (its request log).',
  ),
  define(
    'app:submit',
    'app',
    'system call',
    'The application enters the kernel with the request (preadv2, io_uring_enter …).',
  ),
  define(
    'guest:queue',
    'guest',
    'bio queued',
    'block_bio_queue in the guest: the request’s first bio enters the block layer (Q of blktrace).',
  ),
  define(
    'guest:getrq',
    'guest',
    'request allocated',
    'block_getrq in the guest: the bio has a request, and a tag (G of blktrace).',
  ),
  define(
    'guest:insert',
    'guest',
    'handed to scheduler',
    'block_rq_insert in the guest: the request is put into the I/O scheduler (I of blktrace).',
  ),
  define(
    'guest:driver',
    'guest',
    'driver entry',
    'blk-mq hands the request to the virtio-blk or nvme driver.',
  ),
  define(
    'guest:issue',
    'guest',
    'request issued',
    'block_rq_issue: the driver accepted the request; the descriptor or command is not yet visible to the device.',
  ),
  define(
    'guest:kick',
    'guest',
    'kick',
    'vp_notify: the driver is about to write the doorbell that makes the vCPU exit.',
  ),
  define(
    'guest:irq',
    'guest',
    'guest interrupt',
    'irq_handler_entry in the guest: the earliest sign of the completion there.',
  ),
  define(
    'guest:poll-found',
    'guest',
    'poll found it',
    'The polling task found the completion itself; no interrupt was taken.',
  ),
  define('guest:complete', 'guest', 'request completed', 'block_rq_complete in the guest.'),
  define(
    'app:return',
    'app',
    'system call returns',
    'The system call that waited for the request returns to the application.',
  ),
] as const satisfies readonly Point[];
