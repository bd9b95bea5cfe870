/** One field of a tracepoint's record. */
export interface TracepointField {
  readonly name: string;
  /** From the beginning of the record. */
  readonly offset: number;
  readonly size: number;
  readonly isSigned: boolean;
  /** 'data': the field holds where the text is, from the beginning of the record; 'relative': from the field's own end. */
  readonly place: 'here' | 'data' | 'relative';
}

/** What a tracepoint's format file says (Documentation/trace/events.rst of Linux), without the print format. */
export interface TracepointFormat {
  readonly group: string;
  readonly name: string;
  readonly id: number;
  readonly fields: ReadonlyMap<string, TracepointField>;
}

/** Fields stand before the print format, within this many bytes; the print format itself may be longer. */
const MAX_HEAD_BYTES = 1 << 16;
/** A tracepoint's record is at most this long (PERF_MAX_TRACE_SIZE, include/linux/trace_events.h). */
const MAX_RECORD_BYTES = 8192;

const NAME = /^name: (\S+)$/m;
/** Numbers of tracepoints are 16 bits wide, and so is the field of the record that holds them. */
const ID = /^ID: (\d{1,5})$/m;
/** `	field:unsigned int nr_sector;	offset:24;	size:4;	signed:0;` */
const FIELD =
  /^[\t ]*field:([^;\n]{1,200});[\t ]*offset:(\d{1,6});[\t ]*size:(\d{1,6});(?:[\t ]*signed:([01]);)?/gm;
/** The name in a declaration: `char rwbs[8]`, `struct iocb * * iocbpp`, `__data_loc char[] name` */
const DECLARED = /([A-Za-z_]\w*)(?:\[[^\]]*\])?$/;

/** Reads a format file's text. Undefined when it has no name or number. */
export function readFormat(group: string, text: Uint8Array): TracepointFormat | undefined {
  const head = Buffer.from(text.subarray(0, MAX_HEAD_BYTES)).toString('latin1').split('\nprint fmt:', 1)[0]!;
  const name = NAME.exec(head)?.[1];
  const id = ID.exec(head)?.[1];
  if (name === undefined || id === undefined || Number(id) > 0xffff) return undefined;
  const fields = new Map<string, TracepointField>();
  for (const match of head.matchAll(FIELD)) {
    const field = readField(match);
    if (field !== undefined) fields.set(field.name, field);
  }
  return { group, name, id: Number(id), fields };
}

function readField(match: RegExpMatchArray): TracepointField | undefined {
  const declaration = match[1]!.trim();
  const name = DECLARED.exec(declaration)?.[1];
  const offset = Number(match[2]);
  const size = Number(match[3]);
  if (name === undefined || offset + size > MAX_RECORD_BYTES) return undefined;
  const place = declaration.startsWith('__data_loc ')
    ? 'data'
    : declaration.startsWith('__rel_loc ')
      ? 'relative'
      : 'here';
  return { name, offset, size, isSigned: match[4] === '1', place };
}
