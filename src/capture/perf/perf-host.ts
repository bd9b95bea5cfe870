import { IotraceError } from '../../errors.ts';
import { askProgram } from '../ask-program.ts';

/** `perf version 6.1.187`. Throws an IotraceError where there is no perf, or one that cannot be switched on from outside. */
export async function askPerf(): Promise<string> {
  const { stdout, missing } = await askProgram('perf', ['--version']);
  if (missing)
    throw new IotraceError('perf-missing', 'There is no perf on this machine.', {
      hint: 'Install it (linux-perf, linux-tools or perf), or use another tracer (--tracer tracefs).',
    });
  // Prints the options on stderr, and ends with 129.
  const help = await askProgram('perf', ['record', '-h']);
  if (!`${help.stdout}${help.stderr}`.includes('--control'))
    throw new IotraceError('perf-too-old', `${stdout} cannot be switched on from outside (--control).`, {
      hint: 'perf 5.10 or later is needed, or another tracer (--tracer tracefs).',
    });
  return stdout.trim();
}
