/**
 * Takes back what traces when iotrace is killed. A small shell in a session of its own reads from a pipe whose other end
 * only iotrace holds: what there is to take back, and then the pipe's end, however iotrace came to its own. After a normal
 * end it finds nothing.
 */
import { spawn } from 'node:child_process';
import { IotraceError, messageOf } from '../errors.ts';

/**
 * Lines are `process PID MARK`, `folder PATH BEGINNING` (an instance) and `probes FILE GROUP`. What waits in an instance's buffers is
 * printed behind what was printed before, into files whose names begin so. A process is ours as long as its
 * environment holds the mark; it gets ten seconds to write what it has. Then the instances go, because a probe that
 * one of them records cannot be removed; rmdir fails with EBUSY until the dead process's last file is closed. The probes'
 * file is only ever appended to: opened otherwise it forgets everybody's.
 */
const SCRIPT = `
things=
while IFS= read -r line; do things="$things$line
"; done
each() { printf %s "$things" | while read -r kind what of; do [ "$kind" = "$1" ] && "$2" "$what" "$of"; done; }
again() { tries=0; until "$@"; do tries=$((tries + 1)); [ $tries -lt 100 ] || return 1; sleep 0.1; done; }
ours() { tr '\\0' '\\n' < "/proc/$1/environ" | grep -qxF "IOTRACE_RUN=$2"; }
gone() { ! ours "$1" "$2"; }
ask() { ours "$1" "$2" && kill -INT "$1"; }
end() { again gone "$1" "$2" || { ours "$1" "$2" && kill -KILL "$1"; }; }
keep() {
  [ -n "$2" ] && [ -d "$1" ] || return 0
  echo 0 > "$1/tracing_on"
  for cpu in "$1"/per_cpu/cpu*; do
    grep -v '^#' "$cpu/trace" >> "$2-\${cpu##*/}.trace" || [ -s "$2-\${cpu##*/}.trace" ] || rm -f "$2-\${cpu##*/}.trace"
  done
}
empty() { rmdir "$1" || [ ! -d "$1" ]; }
leave() { again empty "$1"; }
unset_probes() {
  grep "^[pr][0-9]*:$2/" "$1" | while read -r probe rest; do printf -- '-:%s\\n' "\${probe#*:}" >> "$1"; done
}
forget() { again forgotten "$1" "$2"; }
forgotten() { unset_probes "$1" "$2"; ! grep -q "^[pr][0-9]*:$2/" "$1"; }
each process ask
each folder keep
each process end
each folder leave
each probes forget`;

/** Something that would outlive iotrace. */
export type Leaving =
  /** A tracing instance, full path; full path that the files begin with which keep what waits in its buffers. */
  | { readonly folder: string; readonly keep?: string }
  /** A process with `IOTRACE_RUN=mark` in its environment. */
  | { readonly process: number; readonly mark: string }
  /** All probes of a group; the file that lists them, full path. */
  | { readonly probes: string; readonly group: string };

export interface Watchdog {
  /** Settles when the watchdog has it. To be called before the thing is made, or before it does anything. */
  guard(leaving: Leaving): Promise<void>;
  /** Lets it go; it looks once more and ends. */
  release(): Promise<void>;
}

/** Starts a watchdog that has nothing to take back yet. Throws an IotraceError. */
export async function startWatchdog(): Promise<Watchdog> {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'iotrace-watchdog'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((started, failed) => {
    child.once('spawn', started);
    child.once('error', (error) => failed(notStarted(error)));
  });
  // It may be gone already when it is released.
  child.stdin.on('error', () => undefined);
  return {
    guard: (leaving) =>
      new Promise((done, failed) =>
        child.stdin.write(`${lineOf(leaving)}\n`, (error) => (error ? failed(notStarted(error)) : done())),
      ),
    async release() {
      child.stdin.end();
      await ended;
    },
  };
}

function lineOf(leaving: Leaving): string {
  // A name with a line's end in it would be two lines.
  if ('folder' in leaving)
    return `folder ${leaving.folder} ${leaving.keep?.includes('\n') === false ? leaving.keep : ''}`;
  if ('process' in leaving) return `process ${leaving.process} ${leaving.mark}`;
  return `probes ${leaving.probes} ${leaving.group}`;
}

function notStarted(cause: Error): IotraceError {
  return new IotraceError('watchdog-not-started', `No watchdog could be started: ${messageOf(cause)}.`, {
    hint: 'iotrace does not trace without something that cleans up should it be killed. Is there /bin/sh?',
    cause,
  });
}
