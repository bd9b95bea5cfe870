/**
 * Where tracefs is not mounted, root can mount it in a mount namespace of its own (unshare(1)): nobody else sees it, and it goes with
 * the process, however that ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { askProgram } from '../capture/ask-program.ts';
import { TRACEFS_PLACES } from '../capture/tracefs/trace-files.ts';
import { EXIT_CODES, type ExitCode } from '../errors.ts';

const MOUNT = ['mount', '-t', 'tracefs', 'tracefs', TRACEFS_PLACES[0]];
const WITHIN = ['--mount', '--propagation', 'private', '--'];
/** In the environment of what runs there, so that it does not try once more. */
const MARK = 'IOTRACE_OWN_TRACEFS';

/** Runs this same command line once more where tracefs is mounted; its exit status, undefined when that cannot be had. */
export async function againWithTracefs(): Promise<ExitCode | undefined> {
  if (process.env[MARK] !== undefined) return undefined;
  if ((await askProgram('unshare', [...WITHIN, ...MOUNT])).exitCode !== 0) return undefined;
  const child = spawn(
    'unshare',
    [
      ...WITHIN,
      'sh',
      '-c',
      `${MOUNT.join(' ')} && exec "$@"`,
      'iotrace',
      process.execPath,
      ...process.argv.slice(1),
    ],
    { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } },
  );
  // Ctrl-C in a terminal reaches the child as well, which ends in order.
  const wait = () => undefined;
  process.on('SIGINT', wait);
  const [code] = await once(child, 'exit');
  process.off('SIGINT', wait);
  return Object.values(EXIT_CODES).find((each) => each === code) ?? EXIT_CODES.failed;
}
