/** Runs a program to hear what it says: its version, its options, what it can attach to. */
import { execa } from 'execa';
import { IotraceError } from '../errors.ts';

/** bpftrace compiles for seconds on an emulated machine, and lists 60,000 functions. */
const PATIENCE_MS = 60_000;
const MOST_BYTES = 64 * 1024 ** 2;

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when it was ended by a signal. */
  readonly exitCode: number | undefined;
  /** There is no such program. */
  readonly missing: boolean;
}

/** What it printed before it ended, however it ended. Throws an IotraceError when it does not end in time. */
export async function askProgram(
  name: string,
  args: readonly string[],
  patienceMs = PATIENCE_MS,
): Promise<Said> {
  const { stdout, stderr, exitCode, code, timedOut } = await execa(name, args, {
    reject: false,
    stdin: 'ignore',
    timeout: patienceMs,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_BYTES,
  });
  if (timedOut)
    throw new IotraceError(
      'program-silent',
      `${name} ${args[0] ?? ''} did not end within ${patienceMs / 1000} s.`,
      { hint: 'Try it by hand. Another tracer does without it (--tracer tracefs).' },
    );
  return { stdout, stderr, exitCode, missing: code === 'ENOENT' };
}
