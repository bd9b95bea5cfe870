/**
 * A program of its own that `iotrace demo` records: reads single blocks of a file, one at a time, past the page cache,
 * and prints a request log with its own times (CLOCK_MONOTONIC).
 *
 *   direct-reader FILE SECTORS MILLISECONDS        SECTORS: first sector of each block on the disk, with commas
 */
import { constants, openSync, readSync } from 'node:fs';
import { BLOCK_BYTES } from './block-map.ts';

const [file, sectorList, milliseconds] = process.argv.slice(2);
const sectors = (sectorList ?? '').split(',').map(Number);
const fd = openSync(file!, constants.O_RDONLY | constants.O_DIRECT);
const buffer = Buffer.allocUnsafeSlow(3 * BLOCK_BYTES);
const aligned = alignedOffset();
const durationNs = BigInt(Number(milliseconds) * 1_000_000);

const log: string[] = [];
let random = 1;
const begin = process.hrtime.bigint();
for (let end = begin; end - begin < durationNs; ) {
  // Minimal standard generator (Park and Miller): the same blocks in the same order every time.
  random = (random * 48_271) % 2_147_483_647;
  const block = random % sectors.length;
  const start = process.hrtime.bigint();
  readSync(fd, buffer, aligned, BLOCK_BYTES, block * BLOCK_BYTES);
  end = process.hrtime.bigint();
  log.push(`${log.length} ${sectors[block]} ${start} ${end} 0 0\n`);
}
process.stdout.write(log.join(''));

/** Where in the buffer direct reads may go: their address must be aligned, and JavaScript does not see addresses. */
function alignedOffset(): number {
  for (let offset = 0; offset < BLOCK_BYTES; offset += 8) {
    try {
      readSync(fd, buffer, offset, BLOCK_BYTES, 0);
      return offset;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
    }
  }
  throw new Error('no address is aligned enough for direct reads');
}
