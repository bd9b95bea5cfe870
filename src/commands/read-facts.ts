/** The folder of facts beside a recording: small files read off the machines, and sources of bpftrace scripts. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readScript } from '../../parsers/bpftrace/script.ts';
import { type FactFile, readFactsFolder } from '../../parsers/facts/facts-folder.ts';
import { sniffFioJson } from '../../parsers/facts/fio-json.ts';
import { sniffFioLatencyLog } from '../../parsers/facts/fio-latency-log.ts';
import { sniffRequestLog } from '../../parsers/facts/request-log.ts';
import { foreignFormat } from '../../parsers/foreign-formats.ts';
import { MAX_SCRIPT_CHARACTERS } from '../bundle/manifest.ts';
import { IotraceError, quoted } from '../errors.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { openInput } from './open-input.ts';
import { allBytes } from './read-truth.ts';
import type { Say } from './say.ts';
import { recognise } from './stream-format.ts';

/** A fact file larger than this is a trace that lies in the same folder. */
const MAX_FACT_BYTES = 4 << 20;

/** What such a folder holds. */
export interface FactsFolder {
  readonly facts: RecordingFacts;
  readonly notUnderstood: readonly { name: string; reason: string }[];
  /** Sources of bpftrace scripts that lie in the folder. */
  readonly scripts: readonly string[];
}

/** Reads a folder; what is not understood is said and kept. Throws an IotraceError when it is no readable folder. */
export async function readFacts(folder: string, say: Say): Promise<FactsFolder> {
  const files: FactFile[] = [];
  const scripts: string[] = [];
  const names = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new IotraceError('facts-unreadable', `${quoted(folder)} cannot be read as a folder of facts.`, {
      cause: error,
    });
  });
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isFile()) continue;
    const text = await factText(join(folder, entry.name));
    if (text === undefined) continue;
    if (isScript(text)) scripts.push(text);
    else files.push({ name: entry.name, text });
  }
  const { facts, notUnderstood, problems } = readFactsFolder(files);
  for (const { name, line, reason } of problems)
    say(`facts${name === '' ? '' : `, ${quoted(name)}`}${line === 0 ? '' : `, line ${line}`}: ${reason}`);
  return { facts, notUnderstood, scripts };
}

/** The text of a small file that is neither a trace (readable or not) nor a ground truth; undefined for those. */
async function factText(file: string): Promise<string | undefined> {
  const input = await openInput(file);
  const head = Buffer.from(input.head).toString('latin1');
  const isTrace = recognise(input.head) !== undefined || foreignFormat(input.head) !== undefined;
  const isTruth = sniffRequestLog(input.head) || sniffFioJson(head) || sniffFioLatencyLog(input.head);
  if (isTruth || isTrace) {
    await input.close();
    return undefined;
  }
  const bytes = await allBytes(input.chunks(), MAX_FACT_BYTES);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** A bpftrace script begins a probe somewhere: `tracepoint:kvm:kvm_exit … {`. */
function isScript(text: string): boolean {
  return (
    text.length <= MAX_SCRIPT_CHARACTERS &&
    /^(tracepoint|kprobe|kfunc|fentry|uprobe|BEGIN)\b[^\n]*\{/m.test(text)
  );
}

/** Of the scripts in the facts folder the one that names most events; undefined when none names any. */
export function likeliestScript(scripts: readonly string[]): string | undefined {
  const named = scripts.map((script) => ({ script, events: readScript(script).byId.size }));
  const best = named.sort((a, b) => b.events - a.events)[0];
  return best !== undefined && best.events > 0 ? best.script : undefined;
}
