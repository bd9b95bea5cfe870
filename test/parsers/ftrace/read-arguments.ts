import { kindId } from '../../../parsers/event-kinds.ts';
import { ArgumentLine } from '../../../parsers/ftrace/argument-line.ts';
import { ARGUMENT_READERS } from '../../../parsers/ftrace/arguments.ts';

/** Texts whose position is their id. */
const STRINGS = ['', 'nvme0q3', 'vfio-msix[1](0000:21:00.0)'];

/** The columns (dev, tag, aux) that an event's reader makes of a text, undefined when it refuses. */
export function readArguments(event: string, text: string): number[] | undefined {
  const line = new ArgumentLine((name) => STRINGS.indexOf(name));
  line.set(Buffer.from(`${text}\n0 x=9`), 0, Buffer.byteLength(text));
  const understood = ARGUMENT_READERS[kindId(event)]!(line) && line.fits();
  return understood ? [line.dev, line.tag, line.aux] : undefined;
}
