/**
 * Removes our tracing instances when iotrace is killed. A small shell in a session of its own waits at a pipe whose
 * other end only iotrace holds: it ends when iotrace does, however that happens. After a normal end it finds nothing.
 */
import { spawn } from 'node:child_process';
import { IotraceError, messageOf } from '../errors.ts';

/** rmdir fails with EBUSY until the dead process's last file is closed. */
const SCRIPT = `
while read -r line; do :; done
for folder do
  tries=0
  while [ -d "$folder" ] && [ $tries -lt 50 ]; do
    rmdir "$folder" 2>/dev/null && break
    tries=$((tries + 1))
    sleep 0.1
  done
done`;

export interface Watchdog {
  /** Lets it go; it looks once more for the folders and ends. */
  release(): Promise<void>;
}

/** Starts the watchdog of these folders (full paths), which need not exist yet. Throws an IotraceError. */
export async function startWatchdog(folders: readonly string[]): Promise<Watchdog> {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'iotrace-watchdog', ...folders], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((started, failed) => {
    child.once('spawn', started);
    child.once('error', (error) =>
      failed(
        new IotraceError('watchdog-not-started', `/bin/sh could not be started: ${messageOf(error)}.`, {
          hint: 'iotrace does not trace without something that cleans up should it be killed.',
          cause: error,
        }),
      ),
    );
  });
  // It may be gone already when it is released.
  child.stdin.on('error', () => undefined);
  return {
    async release() {
      child.stdin.end();
      await ended;
    },
  };
}
