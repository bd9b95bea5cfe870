import { readFileSync } from 'node:fs';
import { ftraceText } from '../../../parsers/ftrace-text.ts';
import { type Parsed, parseAll } from '../row-sink.ts';

const FIXTURES = new URL('../../fixtures/ftrace/', import.meta.url);

/** The text of a file of test/fixtures/ftrace. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), 'utf8');
}

/** Parses tracefs text, 100 bytes at a time unless told otherwise. */
export function parse(text: string | Uint8Array, chunkBytes?: number): Promise<Parsed> {
  return parseAll(ftraceText, text, chunkBytes);
}

/** A whole line with its line feed; every part may be replaced. */
export function line(
  parts: { task?: string; group?: string; cpu?: string; time?: string; text?: string } = {},
): string {
  const {
    task = '            qd1-151    ',
    group = '',
    cpu = '[000]',
    time = '    38.875870',
    text = 'kvm_inj_virq: IRQ 0x26',
  } = parts;
  return ` ${task} ${group}${cpu} ${time}: ${text}\n`;
}

/** The rows as a fixture's `.rows` file has them. */
export function show({ rows, strings }: Parsed): string {
  return rows
    .map(({ name, sec, nsec, cpu, tid, dev, tag, aux }) => {
      const about = name === 'irq_handler_entry' ? strings[dev] : dev;
      return `${[name, sec, nsec, cpu, tid, about, tag, aux].join(' ')}\n`;
    })
    .join('');
}
