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
/** ssh may ask for a password on its terminal first. */
const OPENING: AnswerLimits = { ms: 120_000, bytes: 1024 ** 2 };

/** One shell; scripts are run one after the other. */
export class RemoteShell {
  readonly #child: ChildProcess;
  readonly #token = randomBytes(8).toString('hex');
  readonly #name: string;
  #count = 0;
  #stderr = '';
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
    this.#child.once('close', (code, signal) =>
      this.#lose(signal === null ? `ended with status ${code}` : `was ended by ${signal}`),
    );
  }

  /**
   * Starts the command and waits until a shell answers behind it. Throws an IotraceError with what the command said
   * when none does.
   */
  static async open(command: readonly string[], limits: AnswerLimits = OPENING): Promise<RemoteShell> {
    const shell = new RemoteShell(command);
    try {
      // On a terminal (a console): no echo, no end of line of its own, no limit to a line.
      await shell.run(
        'iot_tty=$(stty -g 2>/dev/null) && stty raw -echo; PS1=; PS2=; LC_ALL=C; export LC_ALL',
        limits,
      );
      return shell;
    } catch (error) {
      shell.kill();
      throw error;
    }
  }

  /** True once the connection is gone, however that came. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Runs a script. Throws an IotraceError when the connection is gone, or an answer takes too long or is too long. */
  async run(script: string, limits: AnswerLimits = USUAL): Promise<ShellAnswer> {
    const parts: Buffer[] = [];
    const status = await this.fetch(script, (part) => void parts.push(Buffer.from(part)), limits);
    return { status, text: Buffer.concat(parts).toString('utf8') };
  }

  /** Runs a script and hands on what it prints piece by piece; its exit status. Throws as `run` does. */
  fetch(script: string, give: (part: Uint8Array) => void, limits: AnswerLimits = USUAL): Promise<number> {
    const turn = this.#turn.then(() => this.#ask(script, give, limits));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #ask(script: string, give: (part: Uint8Array) => void, limits: AnswerLimits): Promise<number> {
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
      this.#child.stdin!.write(
        `{ ${script}\n} 2>&1 </dev/null; printf '\\n%s %s %d\\n' iotrace ${mark} $?\n`,
      );
    });
  }

  /** Says goodbye and waits for the other side to clean up and go. */
  async close(patienceMs = 10_000): Promise<void> {
    if (this.#lost !== undefined) return;
    const gone = new Promise<void>((done) => this.#child.once('close', () => done()));
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.kill(), patienceMs);
    await gone;
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
