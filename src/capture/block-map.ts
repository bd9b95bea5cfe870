/** Where the blocks of a file lie on its disk, asked of filefrag (e2fsprogs): FIEMAP cannot be called from Node. */
import { statfs } from 'node:fs/promises';
import { execa } from 'execa';

/** Bytes of one block of a demo's file. */
export const BLOCK_BYTES = 4096;

const SECTOR_BYTES = 512;
const PATIENCE_MS = 10_000;

/** File systems whose extents are addresses on the device below; those of btrfs and ZFS are addresses of their own. */
const PLAIN: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'XFS'],
  [0xf2f52010, 'F2FS'],
]);

/** First sector of each block of a file on the device its file system lies on, or why that is not known, in words. */
export async function mapBlocks(file: string): Promise<readonly number[] | string> {
  if (!PLAIN.has((await statfs(file)).type))
    return `only on ${[...PLAIN.values()].join(', ')} a block’s place on the disk can be told`;
  const { stdout, failed } = await execa('filefrag', ['-s', '-v', '-b512', file], {
    reject: false,
    timeout: PATIENCE_MS,
    env: { LC_ALL: 'C' },
  });
  if (failed) return 'filefrag (e2fsprogs), which tells a block’s place on the disk, is missing or failed';
  return parseFilefrag(stdout) ?? 'filefrag said nothing of whole, written blocks';
}

/** Sectors from the table of `filefrag -v -b512`; undefined when a block is missing in it or is not plainly on the disk. */
export function parseFilefrag(text: string): readonly number[] | undefined {
  const sectors: number[] = [];
  for (const line of text.split('\n')) {
    //   0:        0..   32767:  276824064.. 276856831:  32768:             last,eof
    const match = /^\s*\d+:\s*(\d+)\.\.\s*(\d+):\s*(\d+)\.\.\s*\d+:\s*\d+:(?:\s*\d+:)?\s*([\w,]*)\s*$/.exec(
      line,
    );
    if (match === null) continue;
    const [first, last, physical] = [Number(match[1]), Number(match[2]), Number(match[3])];
    if (/unknown|delalloc|encoded|not_aligned|inline|tail|unwritten/.test(match[4]!)) return undefined;
    const perBlock = BLOCK_BYTES / SECTOR_BYTES;
    if (first !== sectors.length * perBlock) return undefined;
    for (let at = first; at + perBlock <= last + 1; at += perBlock) sectors.push(physical + at - first);
  }
  return sectors.length === 0 ? undefined : sectors;
}
