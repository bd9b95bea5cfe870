/** Recordings that are known by how they begin and are not read, because the tool that wrote them prints them as text. */

/** Such a format, and what makes something readable of it. */
export interface ForeignFormat {
  readonly name: string;
  /** A sentence with the command; FILE stands for the recording. */
  readonly remedy: string;
}

interface Known extends ForeignFormat {
  readonly magic: readonly number[];
}

const KNOWN: readonly Known[] = [
  {
    // tracecmd/trace-output.c; perf's tracing data begin alike, but never stand alone.
    magic: [0x17, 0x08, 0x44, ...Buffer.from('tracing')],
    name: 'trace-cmd’s trace.dat',
    remedy: 'Print it: trace-cmd report -t -i FILE > FILE.txt (not -R, not -l), and import that.',
  },
  {
    // CTF packet header
    magic: [0xc1, 0x1f, 0xfc, 0xc1],
    name: 'an LTTng trace (CTF)',
    remedy: 'It is not read; record with perf, tracefs or bpftrace instead.',
  },
];

/** What a stream that begins like this is, where that is known; undefined otherwise. */
export function foreignFormat(head: Uint8Array): ForeignFormat | undefined {
  return KNOWN.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
}
