/** The two pipes through which a running `perf record` is switched on and off (perf-record(1), --control). */
import { openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { TracingChild } from '../tracing-child.ts';

const ANSWER_MS = 60_000;

export class PerfControl {
  readonly commands: string;
  readonly answers: string;
  #toPerf: FileHandle | undefined;
  #socket: Socket | undefined;
  #said = '';

  /** Two pipes in this folder, not made yet. */
  constructor(folder: string, label: string) {
    this.commands = join(folder, `${label}.control`);
    this.answers = join(folder, `${label}.answers`);
  }

  /** Makes the pipes. Opened for both directions, so that opening them waits for nobody (fifo(7)). */
  async open(): Promise<void> {
    await execa('mkfifo', ['-m', '600', this.commands, this.answers]);
    this.#toPerf = await open(this.commands, 'r+');
    // A plain descriptor, because the socket closes it.
    this.#socket = new Socket({ fd: openSync(this.answers, 'r+'), readable: true, writable: false });
    this.#socket.on('data', (part: Buffer) => {
      this.#said += part.toString();
      this.#socket?.emit('said');
    });
  }

  /** Sends `enable` or `disable` and waits for the answer; false when perf ended instead, or did not answer in a minute. */
  async tell(command: 'enable' | 'disable', child: TracingChild): Promise<boolean> {
    this.#said = '';
    // Heard from before it is asked: perf can answer while the question's own write is not settled yet.
    const answered = new Promise<boolean>((done) => {
      const look = () => this.#said.includes('ack') && done(true);
      this.#socket!.on('said', look);
    });
    await this.#toPerf!.write(`${command}\n`);
    const late = sleep(ANSWER_MS, false, { ref: false });
    return Promise.race([answered, child.ended.then(() => false), late]);
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#socket = undefined;
    await this.#toPerf?.close();
    this.#toPerf = undefined;
  }
}
