/**
 * A conversation with QEMU's monitor (docs/interop/qmp-spec of QEMU). A monitor serves one client at a time, and what listens
 * may be anything: nothing is said before it has greeted as QEMU does, every wait has an end, every answer a greatest length.
 */
import { connect, type Socket } from 'node:net';
import { systemCode } from '../errors.ts';
import type { MonitorState } from './guest.ts';

/** How long a monitor may take. Its main loop may be busy, a stopped QEMU answers never. */
export interface Patience {
  readonly greetingMs: number;
  readonly answerMs: number;
}

export const PATIENCE: Patience = { greetingMs: 1000, answerMs: 2000 };

/** query-block of a guest with long backing chains has some hundred kilobytes. */
const MAX_LINE_BYTES = 8 * 1024 ** 2;

/** Why a monitor could not be talked to. */
export class MonitorTrouble extends Error {
  override readonly name = 'MonitorTrouble';
  readonly state: MonitorState['state'];

  constructor(state: MonitorState['state'], message: string) {
    super(message);
    this.state = state;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** One connection; commands are asked one after the other. */
export class Monitor {
  readonly #socket: Socket;
  readonly #lines: LineReader;
  readonly #patience: Patience;

  private constructor(socket: Socket, lines: LineReader, patience: Patience) {
    this.#socket = socket;
    this.#lines = lines;
    this.#patience = patience;
  }

  /** Connects to a unix socket and leaves QMP's capabilities as they are. Throws a MonitorTrouble. */
  static async open(path: string, patience: Patience = PATIENCE): Promise<Monitor> {
    const socket = connect(path);
    const lines = new LineReader(socket);
    const monitor = new Monitor(socket, lines, patience);
    try {
      const greeting = await lines.next(patience.greetingMs, () => BUSY);
      if (!('QMP' in greeting)) throw nonsense('its first words are not QMP’s');
      await monitor.ask('qmp_capabilities');
      return monitor;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** What a command returns; undefined when QEMU answers with an error (an older one does not know it). */
  async ask(command: string, values: Json = {}): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: values })}\n`);
    const deadline = performance.now() + this.#patience.answerMs;
    for (;;) {
      const answer = await this.#lines.next(deadline - performance.now(), () => slow(command));
      if ('return' in answer) return answer['return'];
      if ('error' in answer) return undefined;
      if (!('event' in answer)) throw nonsense(`its answer to ${command} is none of QMP’s`);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

const BUSY = new MonitorTrouble(
  'busy',
  'QEMU’s monitor does not greet: another program is connected to it, or QEMU is stopped',
);

function slow(command: string): MonitorTrouble {
  return new MonitorTrouble('silent', `QEMU’s monitor did not answer ${command} in time`);
}

function nonsense(what: string): MonitorTrouble {
  return new MonitorTrouble('nonsense', `what listens at QEMU’s monitor socket is no monitor: ${what}`);
}

/** Lines of JSON objects from a socket; the first failure is kept for all later questions. */
class LineReader {
  /** Of a line whose end has not come yet. */
  #parts: Buffer[] = [];
  #bytes = 0;
  readonly #lines: Json[] = [];
  #failure: MonitorTrouble | undefined;
  #wake = (): void => undefined;

  constructor(socket: Socket) {
    socket.on('data', (part: Buffer) => this.#take(part));
    socket.on('error', (error) => this.#fail(refused(error)));
    socket.on('close', () => this.#fail(new MonitorTrouble('refused', 'QEMU’s monitor hung up')));
  }

  async next(ms: number, late: () => MonitorTrouble): Promise<Json> {
    if (this.#lines.length === 0 && this.#failure === undefined) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.max(0, ms));
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    const line = this.#lines.shift();
    if (line !== undefined) return line;
    throw this.#failure ?? late();
  }

  #take(part: Buffer): void {
    let from = 0;
    for (let end = part.indexOf(10); end !== -1; end = part.indexOf(10, from)) {
      const text = Buffer.concat([...this.#parts, part.subarray(from, end)])
        .toString('utf8')
        .trim();
      this.#parts = [];
      this.#bytes = 0;
      from = end + 1;
      if (text !== '') this.#parse(text);
    }
    this.#parts.push(part.subarray(from));
    this.#bytes += part.length - from;
    if (this.#bytes <= MAX_LINE_BYTES) return;
    this.#parts = [];
    this.#fail(nonsense('a line without an end'));
  }

  #parse(text: string): void {
    const value = jsonOf(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return void this.#fail(nonsense('a line is no JSON object'));
    // Events come by themselves; a flood of them must not be kept.
    if ('event' in value) return;
    this.#lines.push(value as Json);
    this.#wake();
  }

  #fail(trouble: MonitorTrouble): void {
    this.#failure ??= trouble;
    this.#wake();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(error: Error): MonitorTrouble {
  const code = systemCode(error) ?? '';
  // the queue of a listening socket that nobody empties is full
  if (code === 'EAGAIN') return BUSY;
  const why = code === 'EACCES' || code === 'EPERM' ? 'only its owner or root may' : code;
  return new MonitorTrouble('refused', `QEMU’s monitor could not be connected to: ${why}`);
}
