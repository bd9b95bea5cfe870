/** Draws what blktrace could have written of a disk, with all that block events come with. SYNTHETIC. */
import { Scatter } from '../bench/random.ts';

const MAGIC = 0x65617407;
const RECORD_BYTES = 48;
/** Actions (enum blktrace_act) with the category each belongs to (BLK_TC_*), as the kernel puts them together. */
export const ACTION = {
  queue: 1 | (1 << 20),
  backMerge: 2 | (1 << 20),
  frontMerge: 3 | (1 << 20),
  getrq: 4 | (1 << 20),
  requeue: 6 | (1 << 21),
  issue: 7 | (1 << 22),
  complete: 8 | (1 << 23),
  plug: 9 | (1 << 20),
  insert: 12 | (1 << 20),
} as const;
export const READ = 1 << 16;
export const WRITE = 1 << 17;
export const FLUSH = 1 << 18;
export const DISCARD = (1 << 29) | WRITE;

export interface Event {
  readonly ns: number;
  readonly action: number;
  readonly sector: number;
  readonly bytes?: number;
  readonly cpu?: number;
  readonly tid?: number;
  readonly disk?: number;
}

/** The bytes of a file with these events in the order in which they are given; each CPU numbers its own. */
export function blktraceOf(events: readonly Event[]): Buffer {
  const file = Buffer.alloc(events.length * RECORD_BYTES);
  const numbers = new Map<string, number>();
  for (const [at, { ns, action, sector, bytes = 4096, cpu = 0, tid = 4242, disk = 1 }] of events.entries()) {
    const lane = `${disk} ${cpu}`;
    const number = (numbers.get(lane) ?? 0) + 1;
    numbers.set(lane, number);
    const from = at * RECORD_BYTES;
    file.writeUInt32LE(MAGIC, from);
    file.writeUInt32LE(number, from + 4);
    file.writeBigUInt64LE(BigInt(ns), from + 8);
    file.writeBigUInt64LE(BigInt(sector), from + 16);
    file.writeUInt32LE(bytes, from + 24);
    file.writeUInt32LE(action >>> 0, from + 28);
    file.writeUInt32LE(tid, from + 32);
    file.writeUInt32LE(((259 << 20) | disk) >>> 0, from + 36);
    file.writeUInt32LE(cpu, from + 40);
  }
  return file;
}

/** How requests are drawn. */
export interface Drawing {
  readonly requests: number;
  readonly depth: number;
  readonly cpus: number;
  /** So many places all threads read from together; each has its own unless given. */
  readonly blocks?: number;
  /** Steps that a request passes before its issue; all unless given. */
  readonly steps?: readonly ('queue' | 'getrq' | 'insert')[];
  /** Share of the requests beside which a bio is merged, one is split, a flush or a discard is made. */
  readonly busy?: number;
  readonly seed?: number;
}

/** Events of requests of one disk in order of time: of a depth, by a thread for each that is in flight, over some CPUs. */
export function drawEvents(drawing: Drawing): Event[] {
  const { requests, depth, cpus, steps = ['queue', 'getrq', 'insert'], busy = 0, seed = 1, blocks } = drawing;
  const scatter = new Scatter(seed * 7919);
  const events: Event[] = [];
  const placeOf = (lane: number) =>
    (blocks === undefined ? lane * 2 ** 20 + scatter.integer(2 ** 17) : scatter.integer(blocks)) * 64;
  const free = Array.from({ length: depth }, (_, lane) => 1_000_000 + lane * 1500);
  for (let request = 0; request < requests; request++) {
    const lane = free.indexOf(Math.min(...free));
    const cpu = scatter.integer(cpus);
    const own = { cpu, tid: 4242 + lane, sector: placeOf(lane) };
    const kind = scatter.uniform() < 0.9 ? READ : WRITE;
    const bytes = scatter.uniform() < 0.95 ? 4096 : 8192;
    let ns = free[lane]!;
    for (const step of steps) {
      events.push({ ...own, ns, action: ACTION[step] | kind, bytes });
      ns += scatter.around(400);
      if (step === 'getrq' && scatter.uniform() < busy) {
        for (const beside of besides(scatter.integer(6), { ...own, ns, bytes, kind })) events.push(beside);
        ns += 300;
      }
    }
    events.push({ ...own, ns, action: ACTION.issue | kind, bytes });
    ns += scatter.around(9000);
    const completer = scatter.uniform() < 0.8 ? cpu : scatter.integer(cpus);
    events.push({ ...own, ns, cpu: completer, tid: 0, action: ACTION.complete | kind, bytes });
    free[lane] = ns + scatter.around(900);
  }
  return events.sort((a, b) => a.ns - b.ns);
}

/** What else happens while a request waits: other bios, plugs, requests that are no reads or writes. */
function besides(
  which: number,
  { kind, ...own }: { ns: number; sector: number; bytes: number; cpu: number; tid: number; kind: number },
): Event[] {
  const behind = own.sector + own.bytes / 512;
  const { ns } = own;
  if (which === 0)
    return [
      { ...own, action: ACTION.queue | kind, sector: behind, ns },
      { ...own, action: ACTION.backMerge | kind, sector: behind, ns: ns + 100 },
    ];
  // The bio is larger than its request: what is left of it gets one too, and is issued and completes.
  if (which === 1)
    return [
      { ...own, action: ACTION.queue | kind, sector: behind, bytes: 2 * own.bytes, ns },
      { ...own, action: ACTION.getrq | kind, sector: behind + own.bytes / 512, ns: ns + 50 },
      { ...own, action: ACTION.insert | kind, sector: behind + own.bytes / 512, ns: ns + 80 },
      { ...own, action: ACTION.issue | kind, sector: behind + own.bytes / 512, ns: ns + 150 },
      { ...own, action: ACTION.complete | kind, sector: behind + own.bytes / 512, ns: ns + 250 },
    ];
  if (which === 2)
    return [
      { ...own, action: ACTION.queue | WRITE | FLUSH, sector: 0, bytes: 0, ns },
      { ...own, action: ACTION.issue | FLUSH, sector: 0, bytes: 0, ns: ns + 40 },
      { ...own, action: ACTION.complete | FLUSH, sector: 0, bytes: 0, ns: ns + 140 },
      { ...own, action: ACTION.complete | WRITE, sector: 0, bytes: 0, ns: ns + 160 },
    ];
  if (which === 3)
    return [
      { ...own, action: ACTION.issue | DISCARD, ns },
      { ...own, action: ACTION.complete | DISCARD, ns: ns + 100 },
    ];
  // A bio in front of a request that waits: it begins there from now on, and is as long as both.
  if (which === 4) {
    const front = { ...own, sector: behind + 800 };
    const whole = { ...front, bytes: 2 * own.bytes };
    const back = { ...own, sector: front.sector + own.bytes / 512 };
    return [
      { ...back, action: ACTION.queue | kind, ns },
      { ...back, action: ACTION.getrq | kind, ns: ns + 30 },
      { ...front, action: ACTION.queue | kind, ns: ns + 60 },
      { ...front, action: ACTION.frontMerge | kind, ns: ns + 80 },
      { ...whole, action: ACTION.insert | kind, ns: ns + 110 },
      { ...whole, action: ACTION.issue | kind, ns: ns + 160 },
      { ...whole, action: ACTION.complete | kind, ns: ns + 270 },
    ];
  }
  return [{ ...own, action: ACTION.plug, bytes: 0, ns }];
}
