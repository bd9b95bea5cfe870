/** Why this machine cannot run the lab, if it cannot; installs what is missing where that is possible. */
import { execa } from 'execa';
import { TOOLS } from './image/packages.ts';

/** A sentence; undefined: it can. */
export async function cannotRun(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it needs Linux on x86-64';
  if (process.getuid?.() !== 0) return 'it needs root to build an image';
  if (!(await has('apt-get'))) return 'it needs apt-get and the archive of Debian it is set up with';
  const missing: string[] = [];
  for (const [tool, name] of Object.entries(TOOLS)) if (!(await has(tool))) missing.push(name);
  if (missing.length === 0) return undefined;
  const update = await execa('apt-get', ['update', '-q'], { reject: false });
  const install = await execa(
    'apt-get',
    ['install', '-q', '-y', '--no-install-recommends', ...new Set(missing)],
    { reject: false, env: { DEBIAN_FRONTEND: 'noninteractive' } },
  );
  if (install.exitCode === 0) return undefined;
  return `apt-get could not install ${missing.join(', ')}: ${(install.stderr || update.stderr).slice(-300)}`;
}

async function has(program: string): Promise<boolean> {
  return (await execa('sh', ['-c', 'command -v "$0"', program], { reject: false })).exitCode === 0;
}
