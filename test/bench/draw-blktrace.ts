/** Draws block events in the form that blktrace writes and btt reads (`struct blk_io_trace`, blktrace_api.h). SYNTHETIC. */
import { closeSync, openSync, writeSync } from 'node:fs';

const RECORD_BYTES = 48;
const MAGIC = 0x65617407;
const DEVICE = (259 << 20) | 1;
const READ = 1 << 16;
/** Q, G, I, D and C: the action, the category it belongs to (BLK_TC_*), and ns after the one before. */
const STEPS = [
  { action: 1, category: 1 << 20, afterNs: 700 },
  { action: 4, category: 0, afterNs: 300 },
  { action: 12, category: 1 << 20, afterNs: 500 },
  { action: 7, category: 1 << 22, afterNs: 900 },
  { action: 8, category: 1 << 23, afterNs: 9_000 },
];
const REQUESTS_AT_ONCE = 10_000;

/** Writes about `events` events, of requests one after the other; returns how many. */
export function drawBlktrace(file: string, events: number): number {
  const out = openSync(file, 'w');
  const buffer = Buffer.alloc(REQUESTS_AT_ONCE * STEPS.length * RECORD_BYTES);
  let ns = 1_000_000n;
  let sequence = 0;
  while (sequence < events) {
    for (let at = 0; at < buffer.length; ) {
      const sector = BigInt((sequence * 97) % (1 << 20)) * 8n;
      for (const { action, category, afterNs } of STEPS) {
        ns += BigInt(afterNs);
        buffer.writeUInt32LE(MAGIC, at);
        buffer.writeUInt32LE(++sequence >>> 0, at + 4);
        buffer.writeBigUInt64LE(ns, at + 8);
        buffer.writeBigUInt64LE(sector, at + 16);
        buffer.writeUInt32LE(4096, at + 24);
        buffer.writeUInt32LE((action | READ | category) >>> 0, at + 28);
        buffer.writeUInt32LE(1234, at + 32);
        buffer.writeUInt32LE(DEVICE >>> 0, at + 36);
        at += RECORD_BYTES;
      }
    }
    writeSync(out, buffer);
  }
  closeSync(out);
  return sequence;
}
