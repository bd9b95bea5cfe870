/** A machine's files as a picture: what /proc and /sys of a real one gave to each question, kept as JSON. */
import { readFileSync } from 'node:fs';
import type { DeviceNumber, MachineFiles } from '../../src/discover/machine-files.ts';

interface Picture {
  text: Record<string, string>;
  names: Record<string, readonly string[]>;
  link: Record<string, string>;
  real: Record<string, string>;
  device: Record<string, DeviceNumber | null>;
}

/** Answers from test/fixtures/discover/NAME; what was not asked when it was taken is not there. */
export function machinePicture(name: string, changes: Partial<Picture> = {}): MachineFiles {
  const file = new URL(`../fixtures/discover/${name}`, import.meta.url);
  const picture = JSON.parse(readFileSync(file, 'utf8')) as Picture;
  const text = { ...picture.text, ...changes.text };
  const names = { ...picture.names, ...changes.names };
  const link = { ...picture.link, ...changes.link };
  const device = { ...picture.device, ...changes.device };
  return {
    text: async (path) => text[path] ?? '',
    names: async (path) => names[path] ?? [],
    link: async (path) => link[path] ?? '',
    real: async (path) => picture.real[path] ?? '',
    device: async (path) => device[path] ?? undefined,
  };
}

/** Notes every question and its answer; of /proc only these processes are seen. */
export function photograph(
  files: MachineFiles,
  pids: readonly number[],
): { files: MachineFiles; picture: Picture } {
  const picture: Picture = { text: {}, names: {}, link: {}, real: {}, device: {} };
  return {
    picture,
    files: {
      text: async (path) => {
        const found = await files.text(path);
        if (found !== '') picture.text[path] = shortened(path, found);
        return found;
      },
      names: async (path) => {
        const found = path === '/proc' ? pids.map(String) : await files.names(path);
        if (found.length > 0) picture.names[path] = found;
        return found;
      },
      link: async (path) => (picture.link[path] = await files.link(path)),
      real: async (path) => (picture.real[path] = await files.real(path)),
      device: async (path) => {
        const found = await files.device(path);
        picture.device[path] = found ?? null;
        return found;
      },
    },
  };
}

/** Long lists keep their first lines: they are all alike. */
function shortened(path: string, text: string): string {
  const lines = text.split('\n');
  if (path.endsWith('/net/unix'))
    return lines.filter((line, at) => at === 0 || line.includes('/srv/')).join('\n');
  if (path.endsWith('/numa_maps')) return lines.slice(0, 12).join('\n');
  if (path.endsWith('/status'))
    return lines.filter((line) => /^(Name|Cpus_allowed_list):/.test(line)).join('\n');
  return text;
}
