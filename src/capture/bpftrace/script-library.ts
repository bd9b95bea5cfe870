import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inPackage } from '../../package-root.ts';
import { readBlocks, type ScriptBlock } from './script-block.ts';

/** The folder of the scripts. */
export const SCRIPT_FOLDER = fileURLToPath(inPackage('bpf'));

/** Every block of the bundled scripts. Of two for one event the one by fentry comes first, that by kprobe last. */
export async function scriptLibrary(folder = SCRIPT_FOLDER): Promise<ScriptBlock[]> {
  const blocks: ScriptBlock[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.bt')).sort())
    blocks.push(...readBlocks(name.slice(0, -3), await readFile(join(folder, name), 'utf8')));
  const rank = ({ probe }: ScriptBlock) =>
    probe.startsWith('kfunc') ? 0 : probe.startsWith('kprobe') ? 2 : 1;
  return blocks.sort((a, b) => rank(a) - rank(b));
}
