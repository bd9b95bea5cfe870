import type { Format } from '../../parsers/format.ts';
import type { Bundle } from '../bundle/read-bundle.ts';
import { FileSource, type SteppedSource } from './file-source.ts';
import { readingError } from './open-input.ts';
import { type Ends, endsOf, PassedSource } from './passed-source.ts';
import type { ProgressBar } from './progress-bar.ts';

type Stream = Bundle['manifest']['streams'][number];

/** Opens a stream that can be read at any place; and what was held of one that goes by. */
export interface AnyPlace {
  open(): SteppedSource;
  readonly ends?: Ends;
}

/**
 * What opens a stream, as often as is wanted, for a format that reads at any place: a file that is one, or two passes through a member, the
 * first of which is made here. Undefined where the format has no need of it, or the stream allows none. Rejects when reading fails.
 */
export async function anyPlaceOf(
  bundle: Pick<Bundle, 'member' | 'fileOf'>,
  { member, bytes }: Pick<Stream, 'member' | 'bytes'>,
  format: Format,
  head: Uint8Array,
  bar: ProgressBar,
): Promise<AnyPlace | undefined> {
  if (format.parseFile === undefined) return undefined;
  const path = bundle.fileOf?.(member);
  if (path !== undefined) return { open: () => new FileSource(path, (cause) => readingError(path, cause)) };
  const stretch = format.windowed?.(head, bytes);
  if (stretch === undefined) return undefined;
  // The first pass ends where nothing is to be held any more.
  bar.expect(stretch.to < bytes ? bytes : stretch.from);
  const ends = await endsOf(format, head, bar.watch(bundle.member(member)), bytes);
  if (ends === undefined) return undefined;
  return { ends, open: () => new PassedSource(ends, bundle.member(member)) };
}
