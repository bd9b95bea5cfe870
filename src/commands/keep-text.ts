/** What a recording that failed leaves its user: the streams that its tracers wrote, and how to read them. */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteWord } from '../capture/guest/shell-words.ts';
import { escapeTerminal } from '../render/escape.ts';
import type { Say } from './say.ts';

/** Names of streams, as a shell's pattern: tracefs by CPU, perf, bpftrace; the guest's. */
const STREAMS = [
  { option: '--host', pattern: '*-cpu*.trace', name: /-cpu\d+\.trace$/ },
  { option: '--host', pattern: '*.perf.data', name: /\.perf\.data$/ },
  { option: '--host', pattern: '*-bpftrace.json', name: /-bpftrace\.json$/ },
  { option: '--guest', pattern: 'guest.trace', name: /^guest\.trace$/ },
] as const;

/**
 * Says where the streams of a failed recording are, and the command that makes a bundle of them. A stream that nothing was
 * written to is no trace, and import would refuse it: it is removed. Where no stream is left the folder goes.
 */
export async function keepText(folder: string, say: Say): Promise<void> {
  const names: string[] = [];
  for (const name of await readdir(folder)) {
    if ((await stat(join(folder, name))).size > 0) names.push(name);
    else await rm(join(folder, name));
  }
  const kept = STREAMS.filter((stream) => names.some((name) => stream.name.test(name)));
  if (kept.length === 0) return names.length === 0 ? rmdir(folder) : undefined;
  const place = escapeTerminal(quoteWord(folder));
  const streams = kept.map(({ option, pattern }) => `${option} ${place}/${pattern}`).join(' ');
  say(`the trace is still in ${place}: iotrace import ${streams} -o FILE`);
}
