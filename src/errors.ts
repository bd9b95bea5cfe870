/** What a process ends with. One table: commands and cli.ts take the numbers from here. */
export const EXIT_CODES = {
  /** The result was printed. */
  ok: 0,
  /** No result. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** The result was printed, but is graded below what was asked for; of `doctor`: a recording would not be complete. */
  belowGrade: 3,
  /** Stopped by Ctrl-C; what was recorded is complete. 128 + SIGINT, as shells count. */
  interrupted: 130,
} as const;

/** One of the numbers of EXIT_CODES. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** What may accompany an IotraceError. */
export interface IotraceErrorOptions {
  /** What to do next, a sentence. */
  readonly hint?: string | undefined;
  /** The error underneath, for --verbose and for tests. */
  readonly cause?: unknown;
  /** What the process should end with, `failed` unless given. */
  readonly exitCode?: ExitCode | undefined;
}

/** A failure a user can understand: the message states facts with values and units, the hint says what to do. */
export class IotraceError extends Error {
  override readonly name = 'IotraceError';
  /** Stable name of the kind of failure, in kebab-case: 'bundle-cut'. For programs and tests. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: IotraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT_CODES.failed;
  }
}

/** Longest piece of foreign text in a message, in UTF-16 units. */
const MAX_QUOTED = 200;

/** Foreign text (a path, a member's name) for a message: in quotes, shortened, nothing in it can move a cursor. */
export function quoted(text: string): string {
  const short = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  const hex = (character: string) => `\\u{${character.codePointAt(0)!.toString(16)}}`;
  return `'${short.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, hex)}'`;
}

/** The system's name of an error ('ENOENT'), undefined where there is none. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
