/** A guest that is being recorded: the shell in it, what was asked of it once, and its signs of life. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_CODES, IotraceError, quoted } from '../../errors.ts';
import { AGENT, FETCH_S, SILENCE_S } from './agent.ts';
import { type GuestBlockDevice, readDisks } from './guest-disks.ts';
import { RemoteShell } from './remote-shell.ts';
import { quoteWord } from './shell-words.ts';

/** Seldom: each costs the guest a wake-up. */
const BEAT_MS = 1000;
/** In between there is always one, whatever else takes long: attaching on the host, printing what was recorded. */
const SIGN_MS = (SILENCE_S * 1000) / 6;
/** A guest whose CPUs are all busy answers late. */
const BEAT_LIMITS = { ms: 30_000, bytes: 64 * 1024 };
const CLEAN_LIMITS = { ms: 20_000, bytes: 4096 };

/** What a guest said of itself last. */
interface Beat {
  /** Requests its disk has completed since it was started. */
  readonly requests: number;
  /** Events its tracer had no room for. */
  readonly lost: number;
  /** Exit status of the workload, once it has ended. */
  readonly ended: number | undefined;
}

/** One guest. All that rejects does so with an IotraceError. */
export class GuestSide {
  readonly #shell: RemoteShell;
  /** Name of the group of probes there. */
  readonly group: string;
  /** Leftovers of a dead iotrace that were removed on the way in. */
  readonly removed: readonly string[];
  #disk: string | undefined;
  #last: Beat = { requests: 0, lost: 0, ended: undefined };
  #beatAt = 0;
  #beating: Promise<void> | undefined;
  #signs: NodeJS.Timeout | undefined;

  private constructor(shell: RemoteShell, group: string, removed: readonly string[]) {
    this.#shell = shell;
    this.group = group;
    this.removed = removed;
  }

  /**
   * Connects by a command that gives a root shell on its standard streams. Throws an IotraceError when there is none,
   * its user is not root, or the guest has no tracefs.
   */
  static async open(command: readonly string[]): Promise<GuestSide> {
    const shell = await RemoteShell.open(command);
    try {
      await shell.run(AGENT);
      const random = randomBytes(4).toString('hex');
      const { status, text } = await shell.run(`iot_begin ${random}`);
      const pid = /^pid (\d{1,7})$/m.exec(text)?.[1];
      if (status !== 0 || pid === undefined) throw notBegun(status, text);
      const removed = [...text.matchAll(/^left (iotrace[-_]\d{1,7}[-_][0-9a-f]{8})$/gm)].map(
        ([, name]) => name!,
      );
      return new GuestSide(shell, `iotrace_${pid}_${random}`, removed);
    } catch (error) {
      await shell.close(2000);
      throw error;
    }
  }

  /** Runs a script of ours; `words` become its positional parameters. What it prints is foreign. */
  async run(script: string, ...words: readonly string[]): Promise<string> {
    const { status, text } = await this.#shell.run(withWords(script, words));
    if (status === 0) return text;
    throw new IotraceError(
      'guest-refused',
      `The guest answered ${quoted(script)} with status ${status}: ${quoted(text.trim().slice(0, 200))}.`,
    );
  }

  /** What a script prints, piece by piece, at most so many bytes. */
  fetch(script: string, give: (part: Uint8Array) => void, bytes: number): Promise<number> {
    return this.#shell.fetch(`kill -USR2 $iot_dog; ${script}`, give, { ms: FETCH_S * 1000, bytes });
  }

  /** The disks there. */
  async disks(): Promise<readonly GuestBlockDevice[]> {
    return readDisks(await this.run('iot_disks'));
  }

  /** The disk whose requests are counted; from now on the guest gets signs of life. */
  watch(disk: string): void {
    this.#disk = disk;
    this.#signs ??= setInterval(() => this.beat(), SIGN_MS).unref();
  }

  /** Why the guest cannot be reached any more, undefined while it can. */
  get failure(): IotraceError | undefined {
    return this.#shell.lost;
  }

  get last(): Beat {
    return this.#last;
  }

  /** Asks for a sign of life, where the last is old enough. Never waits and never throws. */
  beat(): void {
    if (this.#beating !== undefined || this.failure !== undefined) return;
    if (performance.now() - this.#beatAt < BEAT_MS) return;
    this.#beating = this.beatNow().finally(() => {
      this.#beatAt = performance.now();
      this.#beating = undefined;
    });
  }

  /** Waits for a sign of life. Never throws. */
  async beatNow(): Promise<void> {
    if (this.#disk === undefined) return;
    try {
      const { text } = await this.#shell.run(withWords('iot_beat', [this.#disk]), BEAT_LIMITS);
      this.#last = readBeat(text, this.#last);
    } catch (error) {
      if (!(error instanceof IotraceError)) throw error;
    }
  }

  /** Takes everything back there and ends the connection, which is cut when that takes too long; does nothing when it is gone. */
  async close(): Promise<void> {
    clearInterval(this.#signs);
    // It may still be busy with an answer nobody waits for any more.
    if (this.failure === undefined)
      await Promise.race([
        this.#shell.run('iot_clean', CLEAN_LIMITS).catch(() => undefined),
        sleep(CLEAN_LIMITS.ms, undefined, { ref: false }),
      ]);
    await this.#shell.close();
  }
}

function withWords(script: string, words: readonly string[]): string {
  return [script, ...words.map(quoteWord)].join(' ');
}

function notBegun(status: number, text: string): IotraceError {
  const user = /^user (\d{1,10})$/m.exec(text)?.[1];
  if (user !== undefined)
    return new IotraceError(
      'guest-not-root',
      `The shell in the guest belongs to user ${user}, not to root.`,
      {
        hint: "Log in as root, or through sudo: --guest-exec 'ssh USER@HOST sudo sh'.",
        exitCode: EXIT_CODES.usage,
      },
    );
  return new IotraceError(
    'guest-no-tracefs',
    `The guest has no tracefs (status ${status}): ${quoted(text.trim().slice(0, 200))}.`,
    { hint: 'Its kernel needs CONFIG_FTRACE and CONFIG_BLK_DEV_IO_TRACE; record the host alone otherwise.' },
  );
}

/** `done 12 0 96 …` (Documentation/block/stat.rst), `lost 0` per CPU, `ended 0`. What is missing stays as it was. */
function readBeat(text: string, before: Beat): Beat {
  const done = /^done\s+(\d{1,15})\s+\d+\s+\d+\s+\d+\s+(\d{1,15})\s/m.exec(text);
  const lost = [...text.matchAll(/^lost (\d{1,15})$/gm)];
  const ended = /^ended (\d{1,3})$/m.exec(text)?.[1];
  return {
    requests: done === null ? before.requests : Number(done[1]) + Number(done[2]),
    lost: lost.length === 0 ? before.lost : lost.reduce((sum, [, count]) => sum + Number(count), 0),
    ended: ended === undefined ? before.ended : Number(ended),
  };
}
