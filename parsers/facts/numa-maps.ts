import type { NodePagesFact } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';
import { firstLineIs, safeInteger, textLines } from './text-lines.ts';

// 55a181f82000 default file=/usr/bin/qemu-system-x86_64 anon=18 mapped=1265 active=1247 N1=1265 kernelpagesize_kB=4
const MAPPING = /^[0-9a-f]{4,16} (?:default|bind|prefer|interleave|local|weighted)\S*(?: |$)/;
const NODE_PAGES = /^N(\d{1,4})=(\d{1,12})$/;
const PAGE_SIZE = /(?:^| )kernelpagesize_kB=(\d{1,8})(?: |$)/;

/** True when the text begins with a mapping of /proc/PID/numa_maps. */
export function sniffNumaMaps(text: string): boolean {
  return firstLineIs(text, MAPPING);
}

/** Memory per NUMA node over all mappings, in pages of 4 KiB (a huge page counts as many), by node number. */
export function parseNumaMaps(text: string): Reading<readonly NodePagesFact[]> {
  const problems = new ProblemList();
  const pages = new Map<number, number>();
  for (const { line, text: entry } of textLines(text)) {
    if (!MAPPING.test(entry)) {
      problems.error(line, 'not a mapping of numa_maps');
      continue;
    }
    const nodes = entry
      .split(' ')
      .flatMap((word) => [NODE_PAGES.exec(word) ?? []].filter((found) => found.length));
    const sizeKb = safeInteger(PAGE_SIZE.exec(entry)?.[1] ?? '');
    if (nodes.length > 0 && (sizeKb === undefined || sizeKb === 0)) {
      problems.error(line, 'pages without kernelpagesize_kB');
      continue;
    }
    for (const [, node, count] of nodes) {
      pages.set(Number(node), (pages.get(Number(node)) ?? 0) + (Number(count) * sizeKb!) / 4);
    }
  }
  const data = [...pages].map(([node, count]) => ({ node, pages: count })).sort((a, b) => a.node - b.node);
  return { data, problems: problems.list() };
}
