/** The program, built into a folder laid out like the package, so that what it looks for beside itself is there. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Builds it; full path of the program. */
export async function buildProgram(folder: string): Promise<string> {
  for (const name of ['node_modules', 'package.json', 'samples', 'bpf'])
    await symlink(join(PROJECT, name), join(folder, name));
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', PROJECT, '--noCheck', '--outDir', join(folder, 'dist')]);
  return join(folder, 'dist/src/cli.js');
}

/** Starts it in a folder; `said` is all it printed so far. */
export function startProgram(
  program: string,
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      said += part.toString();
    });
  return { child, said: () => said, ended: once(child, 'close').then(([code]) => code as number | null) };
}

/** The report of a bundle, as the program prints it. */
export async function reportOf(program: string, bundle: string) {
  const { stdout } = await run(process.execPath, [
    program,
    'report',
    '-f',
    'json',
    '--min-grade',
    'F',
    bundle,
  ]);
  return JSON.parse(stdout);
}
