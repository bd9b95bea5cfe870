/**
 * A process that traces for us: perf or bpftrace. It waits at a gate until the watchdog knows it, then becomes the
 * program in the same process; without iotrace the gate never opens. It has a session of its own, so that Ctrl-C in a
 * terminal reaches it only through us.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { IotraceError, quoted } from '../errors.ts';
import type { Watchdog } from './watchdog.ts';

/** Waits for a line on standard input, then becomes the program. Its arguments are never shell text. */
const GATE = 'read -r go || exit 125; exec "$@" < /dev/null';

/** How much of what it says on a stream is kept: the end. */
const KEPT_CHARACTERS = 16_384;
const KILLED_MS = 10_000;

export interface ChildPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Name of the recording, put into its environment for the watchdog. */
  readonly mark: string;
}

export interface TracingChild {
  readonly pid: number;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<void>;
  readonly hasEnded: boolean;
  /** What it printed, cut at the beginning. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  interrupt(): void;
  /** Ends it; settles when it has ended, or the kernel does not let it go for ten seconds. */
  kill(): Promise<void>;
  /** Whether the condition came to hold, looked at whenever it prints, before it ended and within so many ms. */
  until(condition: () => boolean, limitMs: number): Promise<boolean>;
}

/** Starts it and opens the gate. Throws an IotraceError when no process can be made. */
export async function startChild(plan: ChildPlan, watchdog: Watchdog): Promise<TracingChild> {
  const child = atGate(plan);
  const { pid } = child;
  if (pid === undefined)
    throw new IotraceError('tracer-not-started', `${quoted(plan.command)} could not be started.`, {
      hint: 'Is there /bin/sh, and room for one more process (ulimit -u)?',
    });
  const tracing = new Child(child, pid);
  await watchdog.guard({ process: pid, mark: plan.mark });
  // Gone when it was killed before it began.
  child.stdin.on('error', () => undefined);
  child.stdin.end('go\n');
  return tracing;
}

type Running = ReturnType<typeof atGate>;

function atGate({ command, args, env, mark }: ChildPlan) {
  return execa('/bin/sh', ['-c', GATE, 'iotrace-tracer', command, ...args], {
    env: { ...env, IOTRACE_RUN: mark },
    stdin: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  });
}

class Child implements TracingChild {
  readonly ended: Promise<void>;
  hasEnded = false;
  readonly output = { stdout: '', stderr: '' };
  readonly #child: Running;
  #looks: (() => void)[] = [];

  readonly pid: number;

  constructor(child: Running, pid: number) {
    this.#child = child;
    this.pid = pid;
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (part: Buffer) => {
        this.output[name] = (this.output[name] + part.toString()).slice(-KEPT_CHARACTERS);
        for (const look of this.#looks) look();
      });
    this.ended = child.then(() => {
      this.hasEnded = true;
      for (const look of this.#looks) look();
    });
  }

  interrupt(): void {
    if (!this.hasEnded) this.#child.kill('SIGINT');
  }

  async kill(): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    await Promise.race([this.ended, sleep(KILLED_MS, undefined, { ref: false })]);
  }

  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    return new Promise((done) => {
      const settle = () => {
        clearTimeout(timer);
        this.#looks = this.#looks.filter((each) => each !== look);
        done(condition());
      };
      const look = () => {
        if (condition() || this.hasEnded) settle();
      };
      const timer = setTimeout(settle, limitMs);
      this.#looks.push(look);
      look();
    });
  }
}
