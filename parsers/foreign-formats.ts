/** Files that are known by how they begin and are not read, because another tool makes something of them that is. */

/** Such a format, and what makes something readable of it. */
export interface ForeignFormat {
  readonly name: string;
  /** A sentence with the command; FILE stands for the recording. */
  readonly remedy: string;
}

interface Known extends ForeignFormat {
  /** Its first bytes. */
  readonly magic: readonly number[];
  /** Text that stands close behind them. */
  readonly holds?: string;
}

/** Bytes in which such text stands. */
const BEGINNING = 256;
const packedWith = (name: string, magic: readonly number[], tool: string): Known => ({
  magic,
  name: `packed with ${name}`,
  remedy: `Unpack it: ${tool} -d FILE. gzip is unpacked here.`,
});

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
  {
    // tools/perf/util/data-convert-json.c
    magic: [...Buffer.from('{')],
    holds: '"linux-perf-json-version"',
    name: 'perf data as JSON',
    remedy: 'Give the perf.data file that it was made of: that is read as it is.',
  },
  packedWith('xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz'),
  packedWith('zstd', [0x28, 0xb5, 0x2f, 0xfd], 'zstd'),
  packedWith('bzip2', [0x42, 0x5a, 0x68], 'bzip2'),
];

/** What a stream that begins like this is, where that is known; undefined otherwise. */
export function foreignFormat(head: Uint8Array): ForeignFormat | undefined {
  const beginning = Buffer.from(head.subarray(0, BEGINNING)).toString('latin1');
  return KNOWN.find(
    ({ magic, holds }) =>
      magic.every((byte, at) => head[at] === byte) && (holds === undefined || beginning.includes(holds)),
  );
}
