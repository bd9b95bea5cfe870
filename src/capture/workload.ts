/** Runs the user's command so that its tasks are known before it does anything. */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Writable } from 'node:stream';
import { EXIT_CODES, IotraceError, quoted } from '../errors.ts';

/** Waits for a line on descriptor 3, then becomes the command: same process, same pid. The arguments are never shell text. */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/** Largest output that is kept: a request log of some ten million lines. */
const MAX_OUTPUT = 1 << 30;

/** For what it printed last. What it started may run on and hold its output open for ever. */
const LEFT_OPEN_MS = 2000;

export interface WorkloadPlan {
  readonly command: readonly string[];
  /** Keep its standard output, which is the ground truth; else it goes to our stderr. */
  readonly keepOutput: boolean;
}

/** How a workload ended. */
export interface WorkloadEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** What it printed, '' unless it was kept. */
  readonly output: string;
}

export interface Workload {
  readonly pid: number;
  /** Lets the command begin. */
  start(): void;
  /** Settles when it has ended; never rejects for how it ended. */
  readonly ended: Promise<WorkloadEnd>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** Makes the process, which then waits at the gate. Throws an IotraceError when there is no such command. */
export async function prepareWorkload({ command, keepOutput }: WorkloadPlan): Promise<Workload> {
  await findCommand(command[0]!);
  // Not execa: there a further descriptor that is a pipe can only be read by us.
  const child = spawn('/bin/sh', ['-c', GATE, 'iotrace-workload', ...command], {
    stdio: ['inherit', keepOutput ? 'pipe' : 2, 'inherit', 'pipe'],
  });
  const ended = endOf(child);
  const { pid } = child;
  if (pid === undefined)
    throw new IotraceError('workload-not-started', 'The workload could not be started.', {
      hint: 'Is there /bin/sh, and room for one more process (ulimit -u)?',
    });
  const gate = child.stdio[3] as Writable;
  // Gone when the command was killed before it began.
  gate.on('error', () => undefined);
  return {
    pid,
    ended,
    start: () => void gate.end('go\n'),
    signal: (name) => {
      child.kill(name);
      if (name === 'SIGKILL') letGo(child);
    },
  };
}

/** Nothing here waits any more for a process that was killed: the kernel may hold it for as long as its disk does not answer. */
function letGo(child: ChildProcess): void {
  child.unref();
  (child.stdout as Socket | null)?.unref();
}

function endOf(child: ChildProcess): Promise<WorkloadEnd> {
  const parts: Buffer[] = [];
  let bytes = 0;
  child.stdout?.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes <= MAX_OUTPUT) parts.push(part);
  });
  return new Promise((done) => {
    child.once('error', () => done({ exitCode: undefined, signal: undefined, output: '' }));
    const settle = (exitCode: number | null, signal: NodeJS.Signals | null) => {
      child.stdout?.destroy();
      done({
        exitCode: exitCode ?? undefined,
        signal: signal ?? undefined,
        output: bytes > MAX_OUTPUT ? '' : Buffer.concat(parts).toString('utf8'),
      });
    };
    child.once('close', settle);
    child.once('exit', (code, signal) => setTimeout(() => settle(code, signal), LEFT_OPEN_MS).unref());
  });
}

/** Whether the output of a command is ground truth: fio that prints JSON. */
export function printsFioJson(command: readonly string[]): boolean {
  if (!/(?:^|\/)fio$/.test(command[0] ?? '')) return false;
  const toFile = command.some((argument) => /^--output(?:=|$)/.test(argument));
  return !toFile && /--output-format[= ][\w,]*json/.test(command.join(' '));
}

/** How it ended, when that was no success: "exited with 1". */
export function failureOf({ exitCode, signal }: WorkloadEnd): string | undefined {
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === 0 ? undefined : `exited with ${exitCode ?? 'no status'}`;
}

async function findCommand(name: string): Promise<void> {
  const places = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  for (const place of places) {
    const found = await access(place, constants.X_OK).then(
      () => stat(place),
      () => undefined,
    );
    if (found?.isFile() === true) return;
  }
  throw new IotraceError('workload-missing', `There is no command ${quoted(name)}.`, {
    hint: 'Everything behind -- is the command and its arguments; pipes and the like need: -- sh -c "…".',
    exitCode: EXIT_CODES.usage,
  });
}
