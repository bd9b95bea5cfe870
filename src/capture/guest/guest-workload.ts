/** The user's command inside the guest: it waits at a gate until its pid is known, then becomes the command. */
import { IotraceError, quoted } from '../../errors.ts';
import type { Workload, WorkloadEnd } from '../workload.ts';
import type { GuestSide } from './guest-side.ts';

/** Largest output that is kept; it lies in the guest's memory. */
const MAX_OUTPUT = 64 * 1024 ** 2;
const POLL_MS = 200;

/** Makes the process there. Throws an IotraceError when that fails, or there is no such command. */
export async function prepareGuestWorkload(guest: GuestSide, command: readonly string[]): Promise<Workload> {
  const where = await guest.run('type', command[0]!).catch(() => undefined);
  if (where === undefined)
    throw new IotraceError('workload-missing', `The guest has no command ${quoted(command[0]!)}.`);
  const answer = await guest.run('iot_work', String(MAX_OUTPUT), ...command);
  const pid = Number(/^pid (\d{1,7})$/m.exec(answer)?.[1] ?? 0);
  if (pid === 0)
    throw new IotraceError(
      'workload-not-started',
      `The workload could not be started in the guest: ${quoted(answer)}.`,
    );
  const send = (script: string) => void guest.run(script).catch(() => undefined);
  return {
    pid,
    start: () => send('echo go > $iot_D/gate'),
    signal: (name) => send(`kill -${name.slice(3)} $iot_job`),
    ended: endOf(guest),
  };
}

/** Settles when a sign of life says so, or when there are no more. */
async function endOf(guest: GuestSide): Promise<WorkloadEnd> {
  while (guest.last.ended === undefined && guest.failure === undefined)
    await new Promise((done) => setTimeout(done, POLL_MS).unref());
  const { ended } = guest.last;
  if (ended === undefined) return { exitCode: undefined, signal: undefined, output: '' };
  const parts: Buffer[] = [];
  await guest
    .fetch('cat $iot_D/out', (part) => void parts.push(Buffer.from(part)), MAX_OUTPUT)
    .catch(() => undefined);
  const output = Buffer.concat(parts).toString('utf8');
  return ended > 128
    ? { exitCode: undefined, signal: `signal ${ended - 128}`, output }
    : { exitCode: ended, signal: undefined, output };
}
