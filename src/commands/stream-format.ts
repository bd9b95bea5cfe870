import type { Format } from '../../parsers/format.ts';
import { FORMATS } from '../../parsers/formats.ts';
import { IotraceError, quoted } from '../errors.ts';

/** The format of a stream, told by how it begins. Throws an IotraceError that names the file and what it begins with. */
export async function chooseFormat(file: string, head: Uint8Array): Promise<{ format: Format }> {
  if (head.length === 0)
    throw new IotraceError('input-empty', `${quoted(file)} is empty.`, {
      hint: 'The tracer wrote nothing: was tracing_on set, were events enabled, did the copy succeed?',
    });
  const format = FORMATS.find((candidate) => candidate.sniff(head));
  if (format === undefined)
    throw new IotraceError(
      'input-unknown',
      `${quoted(file)} is not a trace iotrace knows: it begins with ${beginning(head)}.`,
      {
        hint: `Known: ${FORMATS.map(({ name }) => name).join(', ')}. Told by content, never by name; gzip is unpacked.`,
      },
    );
  return { format };
}

/** The first bytes, as text where they are text. */
function beginning(head: Uint8Array): string {
  const start = head.subarray(0, 40);
  const binary = start.some((byte) => byte < 9 || (byte > 13 && byte < 32));
  return binary
    ? `the bytes ${Buffer.from(start.subarray(0, 16)).toString('hex')}`
    : quoted(Buffer.from(start).toString('utf8').split('\n')[0] ?? '');
}
