/** What happens when: actions in order of their time, those of one instant in the order they were planned. */
export class Agenda {
  readonly #planned: { readonly ns: number; readonly act: (ns: number) => void }[] = [];

  at(ns: number, act: (ns: number) => void): void {
    let place = this.#planned.length;
    while (place > 0 && this.#planned[place - 1]!.ns > ns) place--;
    this.#planned.splice(place, 0, { ns, act });
  }

  /** Acts until nothing is planned. */
  run(): void {
    for (let next = this.#planned.shift(); next !== undefined; next = this.#planned.shift())
      next.act(next.ns);
  }
}
