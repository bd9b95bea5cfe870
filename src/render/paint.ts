import { Chalk } from 'chalk';
import type { Side } from './stacked-bar.ts';

/** Colours of the terminal report. Everything they say is said by letters, words or fillings as well. */
export interface Paint {
  side(side: Side, text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

/** Sky blue, orange and bluish green of Okabe and Ito's palette, nearest in the 256 colours: told apart by all kinds of colour vision. */
const SIDE_COLOUR: Readonly<Record<Side, number>> = { submit: 74, device: 172, complete: 36 };

/** A painter; without colour it gives its texts back. The level is fixed: nothing is read from the environment. */
export function createPaint(color: boolean): Paint {
  const chalk = new Chalk({ level: color ? 2 : 0 });
  return {
    side: (side, text) => chalk.ansi256(SIDE_COLOUR[side])(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
  };
}
