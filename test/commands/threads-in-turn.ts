import { BlockThread } from '../../src/commands/block-thread.ts';
import type { BlockThreads } from '../../src/commands/read-in-blocks.ts';

/** Threads that are none: each block is read in this one, and done only when asked for. Blocks may be as small as a test likes. */
export function threadsInTurn(count: number, blockBytes: number): BlockThreads {
  const rows = Math.ceil(blockBytes / 16);
  const memory = Array.from({ length: count * 2 + 1 }, () => ({
    columns: new SharedArrayBuffer(rows * 31),
    rows,
  }));
  let threads: BlockThread[] = [];
  return {
    count,
    blockBytes,
    memory,
    threadOf: (slot) => slot % count,
    begin(stream) {
      // A message to a thread is a copy.
      threads = memory.map(() => new BlockThread(structuredClone({ ...stream, memory })));
    },
    read: async (block) => structuredClone(threads[block.slot % count]!.read(structuredClone(block))),
    takeBack: async (slot) => threads[slot % count]!.takeBack({ takeBack: slot }).lines,
  };
}
