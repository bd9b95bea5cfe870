/**
 * Lines marked "drawn" were written after the TP_printk of the kernel or the trace-cmd plug-in, because no recording has
 * them; all others stand in a recording.
 */
import { describe, expect, it } from 'vitest';
import { DIRECTION, packRequest } from '../../../parsers/event-kinds.ts';
import { readArguments } from './read-arguments.ts';

const NAN = Number.NaN;
const DISK = 259 * 0x100000 + 1;

describe('block', () => {
  const { read: R, write: W, flush: F, discard: D, other: N } = DIRECTION;

  it.each([
    ['block_rq_issue', '259,1 R 4096 () 142136 + 8 [IO io0]', [DISK, 142136, packRequest(8, R)]],
    ['block_rq_issue', '259,1 R 4096 () 288144 + 8 be,0,4 [reactor_3]', [DISK, 288144, packRequest(8, R)]],
    ['block_rq_complete', '259,1 R () 288144 + 8 be,0,4 [0]', [DISK, 288144, packRequest(8, R)]],
    ['block_rq_complete', '254,0 RS () 142136 + 8 [0]', [254 * 0x100000, 142136, packRequest(8, R)]],
    // Drawn, include/trace/events/block.h and kernel/trace/blktrace.c blk_fill_rwbs.
    ['block_bio_queue', '254,0 WS 142136 + 16 [qd1]', [254 * 0x100000, 142136, packRequest(16, W)]],
    [
      'block_rq_issue',
      '8,16 WFS 4096 () 8589934592 + 8 [a]',
      [8 * 0x100000 + 16, 8589934592, packRequest(8, W)],
    ],
    ['block_rq_issue', '8,0 FWS 4096 () 64 + 8 [jbd2/sda1-8]', [8 * 0x100000, 64, packRequest(8, W)]],
    ['block_rq_issue', '8,0 FF 0 () 0 + 0 [kworker/0:1H]', [8 * 0x100000, 0, packRequest(0, F)]],
    ['block_rq_issue', '8,0 F 0 () 18446744073709551615 + 0 [a]', [8 * 0x100000, NAN, packRequest(0, F)]],
    ['block_rq_issue', '8,0 DS 1048576 () 2048 + 2048 [fstrim]', [8 * 0x100000, 2048, packRequest(2048, D)]],
    ['block_rq_insert', '8,0 N 36 (12 00 00 00 24 00) 0 + 0 [a]', [8 * 0x100000, 0, packRequest(0, N)]],
    ['block_rq_requeue', '8,0 R () 64 + 8 [-5]', [8 * 0x100000, 64, packRequest(8, R)]],
    ['block_getrq', '4095,1048575 R 64 + 8 [a [000] 1.0: x]', [0xffffffff, 64, packRequest(8, R)]],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });

  it.each([
    '',
    '259',
    '259,1',
    '259,1 R',
    '259,1 R 4096 (',
    '259,1 R 4096 () ',
    '259,1 R 4096 () 142136',
    '259,1 R 4096 () 142136 + ',
    '4096,0 R 64 + 8 [a]',
    '1,1048576 R 64 + 8 [a]',
    'x,1 R 64 + 8 [a]',
  ])('refuses the request %j', (text) => {
    expect(readArguments('block_rq_issue', text)).toBeUndefined();
  });
});

describe('nvme', () => {
  const COMMAND =
    'nsid=1, flags=0x0, meta=0x0, cmd=(nvme_cmd_read slba=261848, len=7, ctrl=0x0, dsmgmt=0, reftag=0)';
  it.each([
    // The generation in the upper four bits of the command id is left out: 24640 = 6 << 12 | 64.
    ['nvme_setup_cmd', `nvme0: disk=nvme0n1, qid=3, cmdid=24640, ${COMMAND}`, [0, 64, 3]],
    [
      'nvme_complete_rq',
      'nvme0: disk=nvme0n1, qid=3, cmdid=24640, res=0x0, retries=0, flags=0x0, status=0x0',
      [0, 64, 3],
    ],
    ['nvme_sq', 'nvme0: disk=nvme0n1, qid=3, head=55, tail=55', [0, NAN, 3]],
    // Drawn: an admin command, and trace-cmd's list of fields where it cannot print the event.
    [
      'nvme_setup_cmd',
      'nvme12: qid=0, cmdid=4095, nsid=0, flags=0x0, meta=0x0, cmd=(nvme_admin_identify cns=1)',
      [12, 4095, 0],
    ],
    [
      'nvme_setup_cmd',
      '[FAILED TO PARSE] disk=nvme0n1 ctrl_id=2 qid=4 opcode=2 flags=0x0 fctype=0 cid=4097 nsid=1',
      [2, 1, 4],
    ],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });

  it.each(['nvme0: disk=nvme0n1, qid=3', 'nvme: qid=3, cmdid=1', 'nvme0: disk=nvme0n1'])(
    'refuses the command %j',
    (text) => {
      expect(readArguments('nvme_setup_cmd', text)).toBeUndefined();
    },
  );
});

describe('interrupts', () => {
  it.each([
    ['irq_handler_entry', 'irq=43 name=nvme0q3', [1, 43, 0]],
    ['irq_handler_entry', 'irq=40 name=vfio-msix[1](0000:21:00.0)', [2, 40, 0]],
    ['irq_handler_exit', 'irq=43 ret=handled', [0, 43, 0]],
    ['irq_handler_exit', 'irq=-1 ret=handled', undefined],
    ['irq_handler_entry', 'name=nvme0q3', undefined],
  ])('reads %s %j', (event, text, columns) => {
    expect(readArguments(event, text)).toEqual(columns);
  });
});
