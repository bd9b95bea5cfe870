/** A place in the stack that stamps a time, whatever event stamps it. */
export interface Point {
  readonly id: string;
  /** The machine whose clock stamps it; 'app' is wherever the application runs: the guest, or the host on bare metal. */
  readonly side: 'app' | 'guest' | 'host';
  /** A few words for a table. */
  readonly title: string;
  /** One sentence: what has happened when this time is taken. */
  readonly meaning: string;
}

/** A point whose id the compiler knows. */
export const definePoint = <const I extends string>(
  id: I,
  side: Point['side'],
  title: string,
  meaning: string,
): Point & { readonly id: I } => ({
  id,
  side,
  title,
  meaning,
});
