/** `iotrace ls`: the running guests, for people and for programs. */
import { discoverGuests } from '../discover/discover.ts';
import { guestsText } from './ls-text.ts';

/** Version of what `ls --json` prints; one more when a field changes its meaning or goes. */
export const LS_SCHEMA = 1;

export interface LsOptions {
  readonly json?: boolean | undefined;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The guests, as text or as JSON (its shape: src/discover/README.md). No guest is an answer too. */
export async function listGuests({ json, width }: LsOptions): Promise<string> {
  const guests = await discoverGuests();
  if (json === true) return `${JSON.stringify({ schema: LS_SCHEMA, guests }, null, 2)}\n`;
  return guestsText(guests, width);
}
