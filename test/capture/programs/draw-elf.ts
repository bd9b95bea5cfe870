/** A drawn program: one segment that is loaded, tables of symbols and marks, no code. */

export interface DrawnMark {
  readonly provider: string;
  readonly name: string;
  readonly address: number;
  /** 0: it has none. */
  readonly counter: number;
  readonly operands: string;
}

export interface DrawnProgram {
  /** Name → address. A name that is only referred to (`elsewhere`) is always there as well. */
  readonly functions?: Readonly<Record<string, number>>;
  readonly marks?: readonly DrawnMark[];
}

/** The segment: bytes 0x1000 to 0x2000 of the file are at 0x401000. */
const SEGMENT = { offset: 0x1000, address: 0x401000, size: 0x1000 };
const FUNCTION = 0x12;

/** The file's bytes. */
export function drawElf({ functions = {}, marks = [] }: DrawnProgram): Buffer {
  const names = new Names();
  const symbols = Buffer.concat([
    Buffer.alloc(24),
    symbol(names.add('elsewhere'), 0, 0x401000),
    ...Object.entries(functions).map(([name, address]) => symbol(names.add(name), 1, address)),
  ]);
  const headings = new Names();
  const parts = [
    { name: '', type: 0, bytes: Buffer.alloc(0), link: 0 },
    { name: '.dynsym', type: 11, bytes: symbols, link: 2 },
    { name: '.dynstr', type: 3, bytes: names.bytes(), link: 0 },
    { name: '.note.stapsdt', type: 7, bytes: Buffer.concat(marks.map(note)), link: 0 },
  ].map((part) => ({ ...part, nameAt: headings.add(part.name) }));
  const last = { name: '.shstrtab', type: 3, link: 0, nameAt: headings.add('.shstrtab') };
  const all = [...parts, { ...last, bytes: headings.bytes() }];
  let at = SEGMENT.offset + SEGMENT.size;
  const rows: Buffer[] = [];
  for (const { nameAt, type, bytes, link } of all) {
    rows.push(section({ nameAt, type, link, offset: at, size: bytes.length }));
    at += bytes.length;
  }
  return Buffer.concat([
    header(at, all.length),
    segment(),
    Buffer.alloc(SEGMENT.offset + SEGMENT.size - 64 - 56),
    ...all.map(({ bytes }) => bytes),
    ...rows,
  ]);
}

class Names {
  #text = '\0';

  add(name: string): number {
    const at = this.#text.length;
    this.#text += `${name}\0`;
    return at;
  }

  bytes(): Buffer {
    return Buffer.from(this.#text, 'latin1');
  }
}

function header(sectionsAt: number, sections: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF\x02\x01', 'latin1');
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(BigInt(sectionsAt), 40);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt16LE(sections, 60);
  bytes.writeUInt16LE(sections - 1, 62);
  return bytes;
}

function segment(): Buffer {
  const bytes = Buffer.alloc(56);
  bytes.writeUInt32LE(1, 0);
  bytes.writeBigUInt64LE(BigInt(SEGMENT.offset), 8);
  bytes.writeBigUInt64LE(BigInt(SEGMENT.address), 16);
  bytes.writeBigUInt64LE(BigInt(SEGMENT.size), 32);
  return bytes;
}

function section(row: { nameAt: number; type: number; offset: number; size: number; link: number }): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32LE(row.nameAt, 0);
  bytes.writeUInt32LE(row.type, 4);
  bytes.writeBigUInt64LE(BigInt(row.offset), 24);
  bytes.writeBigUInt64LE(BigInt(row.size), 32);
  bytes.writeUInt32LE(row.link, 40);
  return bytes;
}

function symbol(nameAt: number, sectionIndex: number, address: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(nameAt, 0);
  bytes[4] = FUNCTION;
  bytes.writeUInt16LE(sectionIndex, 6);
  bytes.writeBigUInt64LE(BigInt(address), 8);
  return bytes;
}

function note({ provider, name, address, counter, operands }: DrawnMark): Buffer {
  const text = Buffer.from(`${provider}\0${name}\0${operands}\0`, 'latin1');
  const body = Buffer.alloc(Math.ceil((24 + text.length) / 4) * 4);
  body.writeBigUInt64LE(BigInt(address), 0);
  body.writeBigUInt64LE(BigInt(counter), 16);
  text.copy(body, 24);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(8, 0);
  head.writeUInt32LE(24 + text.length, 4);
  head.writeUInt32LE(3, 8);
  return Buffer.concat([head, Buffer.from('stapsdt\0', 'latin1'), body]);
}
