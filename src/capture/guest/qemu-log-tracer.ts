/**
 * QEMU's own events: what it writes into its log (`-D FILE -trace …`) while the recording runs is copied out of that file. Nothing is
 * switched on or off in QEMU. Its clock is CLOCK_REALTIME, so readings of it and of the recording's clock are taken as well.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { qemuTraceLog } from '../../../parsers/qemu-trace-log.ts';
import { IotraceError, quoted, systemCode } from '../../errors.ts';
import type { FactText } from '../machine-facts.ts';
import { ClockPairs, type ReadClock } from '../tracefs/clock-pairs.ts';
import type { PassEnd, Recorded, Setting, Tracer, TracerPlan } from '../tracer.ts';
import type { TracerName } from '../tracer-names.ts';

export interface QemuLogPlan extends Pick<TracerPlan, 'files' | 'name' | 'folder' | 'maxBytes'> {
  /** QEMU's log file, as the user names it. */
  readonly log: string;
  /** The clock the host's other streams are stamped with. */
  readonly clock: 'mono' | 'boot';
}

/** That tracer with whom it records, where a log was named; else none. Beside bpftrace, whose plain nsecs are CLOCK_BOOTTIME. */
export function logTracers(
  log: string | undefined,
  beside: TracerName,
  plan: Omit<QemuLogPlan, 'log' | 'clock'>,
): { readonly tracer: Tracer; readonly tasks: 'all' }[] {
  if (log === undefined) return [];
  return [
    { tracer: qemuLogTracer({ ...plan, log, clock: beside === 'bpftrace' ? 'boot' : 'mono' }), tasks: 'all' },
  ];
}

const CHUNK_BYTES = 1 << 20;
const SNIFF_BYTES = 16_384;

/** A tracer that has touched nothing yet. */
export function qemuLogTracer(plan: QemuLogPlan): Tracer {
  return new QemuLogTracer(plan);
}

class QemuLogTracer implements Tracer {
  readonly #plan: QemuLogPlan;
  readonly #file: string;
  readonly #clocks: ClockPairs[] = [];
  readonly #readings: FactText[] = [];
  #log: FileHandle | undefined;
  #from = 0;
  #to = 0;
  #bytes = 0;

  constructor(plan: QemuLogPlan) {
    this.#plan = plan;
    this.#file = join(plan.folder, 'qemu.log');
  }

  async prepare({ watchdog }: Setting): Promise<readonly string[]> {
    const { log, files, name, clock } = this.#plan;
    this.#log = await openLog(log);
    for (const read of ['tai', clock] satisfies ReadClock[])
      this.#clocks.push(await ClockPairs.create(files, `${name}-log-${read}`, watchdog, read));
    return [];
  }

  async on(): Promise<void> {
    this.#from = await this.#size();
    await this.#read('before');
  }

  async pass(): Promise<PassEnd> {
    return (await this.#size()) - this.#from >= this.#plan.maxBytes ? 'full' : 'empty';
  }

  async lostSoFar(): Promise<number> {
    return 0;
  }

  async off(): Promise<void> {
    this.#to = await this.#size();
    await this.#read('after');
    this.#bytes = await this.#copy();
  }

  async collect(): Promise<Recorded> {
    const { log } = this.#plan;
    if (this.#bytes === 0)
      return {
        streams: [],
        lostElsewhere: 0,
        notes: [
          `QEMU wrote nothing into ${quoted(log)} meanwhile: is it the log of this guest, and are its events on?`,
        ],
      };
    const counts = { delivered: undefined, lost: 0 };
    const bytes = this.#bytes;
    return {
      streams: [
        { name: 'qemu.log', machine: 'host', format: qemuTraceLog.name, file: this.#file, bytes, counts },
      ],
      lostElsewhere: 0,
      readings: this.#readings,
      notes: [`QEMU’s own events, of its log ${quoted(log)}`],
    };
  }

  async undo(): Promise<void> {
    for (const clocks of this.#clocks.splice(0)) await clocks.remove();
    await this.#log?.close();
    this.#log = undefined;
  }

  async #read(order: 'before' | 'after'): Promise<void> {
    for (const [at, clocks] of this.#clocks.entries()) {
      const text = await clocks.read();
      if (text !== '') this.#readings.push({ name: `clocks-log-${at}-${order}`, text });
    }
  }

  async #size(): Promise<number> {
    const size = (await this.#log?.stat())?.size ?? 0;
    if (size >= this.#from) return size;
    throw new IotraceError(
      'qemu-log-shrank',
      `${quoted(this.#plan.log)} became shorter while it was recorded.`,
      {
        hint: 'Is it rotated? Record again without.',
      },
    );
  }

  /** From the first whole line to the last. */
  async #copy(): Promise<number> {
    const out = await open(this.#file, 'wx', 0o600);
    let written = 0;
    try {
      const end = Math.min(this.#to, this.#from + this.#plan.maxBytes);
      for (let at = this.#from; at < end; ) {
        const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, end - at));
        const { bytesRead } = await this.#log!.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) break;
        await out.write(buffer, 0, bytesRead);
        at += bytesRead;
        written += bytesRead;
      }
    } finally {
      await out.close();
    }
    return written;
  }
}

/** A regular file whose end looks like QEMU's trace log with times, or is empty yet. Throws an IotraceError. */
async function openLog(path: string): Promise<FileHandle> {
  // Never waits: the path may be a FIFO.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw new IotraceError('qemu-log-unreadable', `${quoted(path)} cannot be read: ${systemCode(error)}.`, {
      hint: 'Name the file of QEMU’s -D.',
    });
  });
  const stats = await handle.stat();
  const start = Math.max(0, stats.size - SNIFF_BYTES);
  const tail = Buffer.alloc(stats.isFile() ? stats.size - start : 0);
  await handle.read(tail, 0, tail.length, start);
  // The first line of the tail is cut.
  const whole = start === 0 ? tail : tail.subarray(tail.indexOf(10) + 1);
  if (stats.isFile() && (stats.size === 0 || TIMED.test(whole.toString('latin1')))) return handle;
  await handle.close();
  throw new IotraceError(
    'qemu-log-unlike',
    `${quoted(path)} does not end like a QEMU trace log with times.`,
    {
      hint: 'QEMU has to be started with -msg timestamp=on -D FILE and -trace for the events: virtio_blk_*, virtqueue_*, nvme_*.',
    },
  );
}

/** `10385@1795343907.611038:virtio_queue_notify …`, or from QEMU 10.2 `2026-11-22T10:38:27.611038Z virtio_…`. */
const TIMED = /^(?:\d+@\d+\.\d{6}:|\d{4}-\d\d-\d\dT[\d:.]+Z )[a-z]/m;
