/**
 * A POSIX shell somewhere else, spoken to over a process's standard streams (ssh, a console helper). What is sent are
 * fixed scripts with quoted words; what comes back is bytes that nobody interprets, up to a mark and a limit.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EXIT_CODES, IotraceError, messageOf, quoted } from '../../errors.ts';
import { AnswerReader } from './answer-reader.ts';

/** Ctrl-C in a terminal goes to all of its processes; a connection that heard it would be gone before the trace is here. */
const DEAF = 'trap "" INT; exec "$@"';

/** For its last words. What it leaves behind (a shared ssh connection, ControlPersist) can hold its streams open for hours. */
const LEFT_OPEN_MS = 1000;

/** Longest text kept of what the connection says on its stderr. */
const MAX_STDERR = 4096;

/** What a script printed (stderr too), and its exit status. */
export interface ShellAnswer {
  readonly status: number;
  readonly text: string;
}

/** How long an answer may take and how long it may be. */
export interface AnswerLimits {
  readonly ms: number;
  readonly bytes: number;
}

const USUAL: AnswerLimits = { ms: 60_000, bytes: 4 * 1024 ** 2 };
/** What the opening line answers with. */
const NO_TERMINAL = 0;
const ON_TERMINAL = 10;
const NO_STTY = 11;

/** ssh may ask for a password on its terminal first. */
const OPENING: AnswerLimits = { ms: 120_000, bytes: 1024 ** 2 };

/** One shell; scripts are run one after the other. */
export class RemoteShell {
  readonly #child: ChildProcess;
  readonly #token = randomBytes(8).toString('hex');
  readonly #name: string;
  /** Settles when the connection's process has ended. */
  readonly #gone: Promise<void>;
  #count = 0;
  #stderr = '';
  #onTerminal = false;
  #lost: IotraceError | undefined;
  #reader: AnswerReader | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(command: readonly string[]) {
    this.#name = command.join(' ');
    this.#child = spawn('/bin/sh', ['-c', DEAF, 'iotrace-connection', ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.#child;
    stdin!.on('error', () => undefined);
    stdout!.on('data', (chunk: Buffer) => this.#reader?.take(chunk));
    stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-MAX_STDERR);
    });
    this.#child.once('error', (error) => this.#lose(`could not be started: ${messageOf(error)}`));
    this.#gone = new Promise((done) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#lose(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
        for (const stream of [stdin, stdout, stderr]) stream!.destroy();
        done();
      };
      this.#child.once('error', () => done());
      this.#child.once('close', end);
      this.#child.once('exit', (code, signal) => setTimeout(() => end(code, signal), LEFT_OPEN_MS).unref());
    });
  }

  /**
   * Starts the command and waits until a shell answers behind it. Throws an IotraceError with what the command said
   * when none does.
   */
  static async open(command: readonly string[], limits: AnswerLimits = OPENING): Promise<RemoteShell> {
    const shell = new RemoteShell(command);
    try {
      const met = await shell.#ask(openingLine, () => undefined, limits);
      if (met === NO_STTY) throw noStty();
      shell.#onTerminal = met === ON_TERMINAL;
      await shell.run('PS1=; PS2=; LC_ALL=C; export LC_ALL', limits);
      return shell;
    } catch (error) {
      shell.kill();
      throw error;
    }
  }

  /** How the connection came to be gone, undefined while it is there. */
  get lost(): IotraceError | undefined {
    return this.#lost;
  }

  /** Runs a script. Throws an IotraceError when the connection is gone, or an answer takes too long or is too long. */
  async run(script: string, limits: AnswerLimits = USUAL): Promise<ShellAnswer> {
    const parts: Buffer[] = [];
    const status = await this.fetch(script, (part) => void parts.push(Buffer.from(part)), limits);
    return { status, text: Buffer.concat(parts).toString('utf8') };
  }

  /** Runs a script and hands on what it prints piece by piece; its exit status. Throws as `run` does. */
  fetch(script: string, give: (part: Uint8Array) => void, limits: AnswerLimits = USUAL): Promise<number> {
    const line = (mark: string) =>
      `{ ${script}\n} 2>&1 </dev/null; printf '\\n%s %s %d\\n' iotrace ${mark} $?\n`;
    const turn = this.#turn.then(() => this.#ask(line, give, limits));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #ask(
    line: (mark: string) => string,
    give: (part: Uint8Array) => void,
    limits: AnswerLimits,
  ): Promise<number> {
    if (this.#lost !== undefined) throw this.#lost;
    const mark = `${this.#token}-${this.#count++}`;
    return new Promise<number>((done, failed) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#reader = undefined;
        settle();
      };
      const fail = (what: string): void => {
        this.#lose(what);
        this.kill();
      };
      const timer = setTimeout(
        () => fail(`gave no answer within ${Math.round(limits.ms / 1000)} s`),
        limits.ms,
      );
      this.#reader = new AnswerReader(`iotrace ${mark}`, limits.bytes, {
        give,
        done: (status) => end(() => done(status)),
        failed: (error) => end(() => failed(error)),
        flooded: () => fail(`answered with more than ${limits.bytes} bytes`),
      });
      // The mark is sent in two pieces: a terminal's echo of this line is none.
      this.#child.stdin!.write(line(mark));
    });
  }

  /** Says goodbye and waits for the other side to clean up and go. */
  async close(patienceMs = 10_000): Promise<void> {
    if (this.#lost !== undefined) return;
    // Nobody but us tells a terminal that its other end is gone.
    this.#child.stdin!.end(this.#onTerminal ? 'exit\n' : undefined);
    const timer = setTimeout(() => this.kill(), patienceMs);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Cuts the connection. The other side cleans up by itself (`agent.ts`). */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #lose(what: string): void {
    if (this.#lost === undefined) {
      const said = this.#stderr.trim() || (this.#reader?.tail() ?? '').trim();
      this.#lost = new IotraceError(
        'guest-lost',
        `The connection to the guest (${quoted(this.#name)}) ${what}.${said === '' ? '' : ` It said: ${quoted(said.slice(-200))}.`}`,
        {
          hint: 'Try the command by hand: it has to give a root shell, without a question.',
          exitCode: EXIT_CODES.failed,
        },
      );
    }
    this.#reader?.fail(this.#lost);
  }
}

/**
 * The first line, for whatever shell is there. On a terminal (a serial console) a shell echoes, prompts, edits its lines and ends
 * them with CR LF, and a line has a limit; the kernel's messages may come in between. There a shell that has none of
 * this takes over, because its output is a pipe, and when it ends, however that comes, the terminal is as it was. The mark's first word is
 * broken for the echo, which can wrap anywhere.
 */
function openingLine(mark: string): string {
  const answer = (status: number) => `printf "\\n%s %s %d\\n" iot""race ${mark} ${status}`;
  const log = '/proc/sys/kernel/printk';
  return [
    '\nif [ ! -t 0 ]; then',
    `${answer(NO_TERMINAL)};`,
    'elif iot_t=$(stty -g) && stty raw -echo; then',
    'iot_k= iot_y=$(tty); case " console $(cat /sys/class/tty/console/active) " in',
    `*" ${'$'}{iot_y#/dev/} "*) iot_k=$(cat ${log}) && echo 1 > ${log};; esac;`,
    `sh -c '${answer(ON_TERMINAL)}; exec sh' 2>&1 | cat;`,
    `stty "$iot_t"; [ -z "$iot_k" ] || echo "$iot_k" > ${log};`,
    `else ${answer(NO_STTY)}; fi 2>/dev/null\n`,
  ].join(' ');
}

function noStty(): IotraceError {
  return new IotraceError(
    'guest-no-stty',
    'The shell in the guest is on a terminal, and there is no stty there that could keep the terminal out of its answers.',
    { hint: 'Install it there (coreutils or busybox have it), or use ssh (--guest-ssh).' },
  );
}
