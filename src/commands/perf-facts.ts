/** What a perf.data file says of its machine beside its events, for `iotrace import`. */
import { collectBytes } from '../../parsers/perf-data/byte-source.ts';
import { readPerfFacts } from '../../parsers/perf-data/facts.ts';
import { hasPerfMagic } from '../../parsers/perf-data/file-header.ts';
import { machineFacts } from '../../parsers/perf-data/machine-facts.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { withFileSource } from './file-source.ts';
import { openInput } from './open-input.ts';

/** A packed recording larger than this is not unpacked twice: its facts are left out. */
const MAX_UNPACKED_BYTES = 1 << 28;

/** The facts of a file that is a perf.data; none for any other. Throws an IotraceError when the file cannot be read. */
export async function perfFacts(file: string): Promise<RecordingFacts> {
  const input = await openInput(file);
  const isPerf = hasPerfMagic(input.head);
  try {
    if (!isPerf) return {};
    const plain = startsPlain(file, input.head);
    const source = plain ? undefined : await collectBytes(input.chunks(), MAX_UNPACKED_BYTES);
    const facts = plain ? factsOfFile(file) : source === undefined ? undefined : readPerfFacts(source);
    return facts === undefined ? {} : machineFacts(facts);
  } finally {
    await input.close();
  }
}

/** Whether the file itself begins as its unpacked content does. */
function startsPlain(file: string, head: Uint8Array): boolean {
  return withFileSource(file, (source) => source.readAt(0, 8).every((byte, at) => byte === head[at]));
}

function factsOfFile(file: string): ReturnType<typeof readPerfFacts> {
  return withFileSource(file, readPerfFacts);
}
