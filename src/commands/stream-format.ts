import { bpftraceJson, bpftraceJsonWithScript } from '../../parsers/bpftrace-json.ts';
import { bpftraceText, bpftraceTextWithScript } from '../../parsers/bpftrace-text.ts';
import { foreignFormat } from '../../parsers/foreign-formats.ts';
import type { Format } from '../../parsers/format.ts';
import { FORMATS } from '../../parsers/formats.ts';
import { IotraceError, quoted } from '../errors.ts';

/**
 * The format of a stream, told by how it begins. `script` is the source of the bpftrace script that wrote it, where one
 * is known. Throws an IotraceError that names the file and what it begins with.
 */
export function chooseFormat(file: string, head: Uint8Array, script?: string | undefined): Format {
  if (head.length === 0)
    throw new IotraceError('input-empty', `${quoted(file)} is empty.`, {
      hint: 'The tracer wrote nothing: was tracing_on set, were events enabled, did the copy succeed?',
    });
  const format = recognise(head);
  const foreign = foreignFormat(head);
  if (format === undefined && foreign !== undefined)
    throw new IotraceError('input-foreign', `${quoted(file)} is ${foreign.name}, which is not read itself.`, {
      hint: foreign.remedy,
    });
  if (format === undefined)
    throw new IotraceError(
      'input-unknown',
      `${quoted(file)} is not a trace iotrace knows: it begins with ${beginning(head)}.`,
      {
        hint: `Known: ${FORMATS.map(({ name }) => name).join(', ')}. Told by content, never by name; gzip is unpacked.`,
      },
    );
  if (script === undefined) return format;
  if (format === bpftraceJson) return bpftraceJsonWithScript(script);
  return format === bpftraceText ? bpftraceTextWithScript(script) : format;
}

/** The format a stream begins like, or undefined. */
export function recognise(head: Uint8Array): Format | undefined {
  return FORMATS.find((format) => format.sniff(head));
}

/** True for formats whose events get their names from a script. */
export function wantsScript(format: Format): boolean {
  return format === bpftraceJson || format === bpftraceText;
}

/** The first bytes, as text where they are text; blank lines before it are not it. */
function beginning(head: Uint8Array): string {
  const first = head.findIndex((byte) => byte !== 10 && byte !== 13);
  const start = head.subarray(Math.max(0, first), Math.max(0, first) + 40);
  const binary = start.some((byte) => byte < 9 || (byte > 13 && byte < 32));
  return binary
    ? `the bytes ${Buffer.from(start.subarray(0, 16)).toString('hex')}`
    : quoted(Buffer.from(start).toString('utf8').split('\n')[0] ?? '');
}
