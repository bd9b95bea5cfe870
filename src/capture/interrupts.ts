/** Ctrl-C and SIGTERM while recording: the first ends the recording in order, the second at once. */
export class Interrupts {
  #count = 0;
  /** Called at each signal. */
  wake: (() => void) | undefined;
  readonly #heard = (): void => {
    this.#count++;
    this.wake?.();
  };

  listen(): void {
    process.on('SIGINT', this.#heard);
    process.on('SIGTERM', this.#heard);
  }

  ignore(): void {
    process.off('SIGINT', this.#heard);
    process.off('SIGTERM', this.#heard);
  }

  /** The recording should end. */
  get asked(): boolean {
    return this.#count > 0;
  }

  /** It should end without a result. */
  get insisted(): boolean {
    return this.#count > 1;
  }
}
