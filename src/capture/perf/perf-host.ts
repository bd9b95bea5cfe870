import { execa } from 'execa';
import { IotraceError } from '../../errors.ts';

/** `perf version 6.1.187`. Throws an IotraceError where there is no perf, or one that cannot be switched on from outside. */
export async function askPerf(): Promise<string> {
  const { stdout, failed, code } = await execa('perf', ['--version'], { reject: false });
  if (failed && code === 'ENOENT')
    throw new IotraceError('perf-missing', 'There is no perf on this machine.', {
      hint: 'Install it (linux-perf, linux-tools or perf), or use another tracer (--tracer tracefs).',
    });
  // Prints the options on stderr, and ends with 129.
  const help = await execa('perf', ['record', '-h'], { reject: false });
  if (!`${help.stdout}${help.stderr}`.includes('--control'))
    throw new IotraceError('perf-too-old', `${stdout} cannot be switched on from outside (--control).`, {
      hint: 'perf 5.10 or later is needed, or another tracer (--tracer tracefs).',
    });
  return stdout.trim();
}
