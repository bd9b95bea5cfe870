/** Draws block events in the form that blktrace writes and btt reads (`struct blk_io_trace`, blktrace_api.h). SYNTHETIC. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Scatter } from './random.ts';

const RECORD_BYTES = 48;
const MAGIC = 0x65617407;
const DEVICE = (259 << 20) | 1;
const READ = 1 << 16;
/** Q, G, I, D and C: the action, the category it belongs to (BLK_TC_*), and about how many ns pass before it. */
const STEPS = [
  { action: 1, category: 1 << 20, afterNs: 700 },
  { action: 4, category: 0, afterNs: 300 },
  { action: 12, category: 1 << 20, afterNs: 500 },
  { action: 7, category: 1 << 22, afterNs: 900 },
  { action: 8, category: 1 << 23, afterNs: 9_000 },
];
const EVENTS_AT_ONCE = 50_000;

/** How requests are drawn. */
export interface DrawnDisk {
  /** Threads that read from it, each with one request in flight, on a CPU of its own. */
  readonly threads: number;
  /** Where they read: anywhere, or in strides through a million blocks again and again, which is what btt is quickest at. */
  readonly order: 'random' | 'strides';
}

const BLOCKS = 1 << 27;
const BLOCKS_OF_STRIDES = 1 << 20;
const STRIDE = 97;

/** Writes about `events` events in files `NAME.blktrace.CPU`; returns how many. */
export function drawBlktrace(name: string, events: number, { threads, order }: DrawnDisk): number {
  const scatter = new Scatter(7);
  const lanes = Array.from({ length: threads }, (_, cpu) => new Lane(`${name}.blktrace.${cpu}`, cpu));
  let drawn = 0;
  const block = () => (order === 'random' ? scatter.integer(BLOCKS) : (drawn * STRIDE) % BLOCKS_OF_STRIDES);
  for (; drawn < events || lanes.some(({ step }) => step > 0); drawn++) {
    const lane = earliest(lanes);
    if (lane.step === 0) lane.sector = block() * 8;
    lane.write();
    lane.ns += scatter.around(STEPS[lane.step]!.afterNs);
  }
  for (const lane of lanes) lane.close();
  return drawn;
}

/** A thread with one request in flight, which completes in whatever runs on its CPU; and the file of that CPU. */
class Lane {
  step = 0;
  ns: number;
  sector = 0;
  #number = 0;
  #at = 0;
  readonly #cpu: number;
  readonly #out: number;
  readonly #buffer = Buffer.alloc(EVENTS_AT_ONCE * RECORD_BYTES);

  constructor(file: string, cpu: number) {
    this.#out = openSync(file, 'w');
    this.#cpu = cpu;
    this.ns = 1_000_000 + cpu * 3000;
  }

  /** The next event. */
  write(): void {
    const { action, category } = STEPS[this.step]!;
    const at = this.#at;
    const buffer = this.#buffer;
    buffer.writeUInt32LE(MAGIC, at);
    buffer.writeUInt32LE(++this.#number >>> 0, at + 4);
    buffer.writeUInt32LE(this.ns % 2 ** 32, at + 8);
    buffer.writeUInt32LE(Math.floor(this.ns / 2 ** 32), at + 12);
    buffer.writeUInt32LE(this.sector, at + 16);
    buffer.writeUInt32LE(0, at + 20);
    buffer.writeUInt32LE(4096, at + 24);
    buffer.writeUInt32LE((action | READ | category) >>> 0, at + 28);
    this.step = (this.step + 1) % STEPS.length;
    buffer.writeUInt32LE(this.step === 0 ? 0 : 1234 + this.#cpu, at + 32);
    buffer.writeUInt32LE(DEVICE >>> 0, at + 36);
    buffer.writeUInt32LE(this.#cpu, at + 40);
    this.#at += RECORD_BYTES;
    if (this.#at === buffer.length) this.#flush();
  }

  #flush(): void {
    writeSync(this.#out, this.#buffer, 0, this.#at);
    this.#at = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#out);
  }
}

function earliest(lanes: readonly Lane[]): Lane {
  let first = lanes[0]!;
  for (const lane of lanes) if (lane.ns < first.ns) first = lane;
  return first;
}
