/**
 * Marks that a program's authors have left for tracers (USDT): notes of the section .note.stapsdt, as <sys/sdt.h> writes
 * them: three addresses (of the mark, of .stapsdt.base when it was linked, of a counter or 0), then provider, name and
 * arguments as text, each ended by a zero.
 */
import { type ElfFile, SECTION, textAt } from './elf-file.ts';

export interface UsdtMark {
  readonly provider: string;
  readonly name: string;
  /** Of the instruction, in the file, bytes. */
  readonly place: number;
  /** Of the counter that has to be above zero for the program to pass the mark; undefined where it has none. */
  readonly counter: number | undefined;
  /** Where its arguments are: `8@%rdi`, `-4@-24(%rbp)`, `4@$7`. */
  readonly operands: readonly string[];
}

const NOTE_HEAD = 12;
const OWNER = 'stapsdt\0';
const TYPE = 3;
const ADDRESSES = 24;

/** All marks of a program, those of libraries it loads not among them. */
export async function usdtMarks(elf: ElfFile): Promise<UsdtMark[]> {
  const base = elf.sections.find(({ name }) => name === '.stapsdt.base');
  const marks: UsdtMark[] = [];
  for (const section of elf.sections) {
    if (section.type !== SECTION.notes || section.name !== '.note.stapsdt') continue;
    for (const body of notes(await elf.read(section))) {
      const mark = markOf(body, base?.address, elf);
      if (mark !== undefined) marks.push(mark);
    }
  }
  return marks;
}

function notes(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  const whole = (size: number) => Math.ceil(size / 4) * 4;
  for (let at = 0; at + NOTE_HEAD <= bytes.length; ) {
    const [owner, size, type] = [0, 4, 8].map((offset) => bytes.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const body = at + NOTE_HEAD + whole(owner);
    if (type === TYPE && bytes.toString('latin1', at + NOTE_HEAD, at + NOTE_HEAD + owner) === OWNER)
      found.push(bytes.subarray(body, body + size));
    at = body + whole(size);
  }
  return found;
}

function markOf(body: Buffer, base: bigint | undefined, elf: ElfFile): UsdtMark | undefined {
  if (body.length < ADDRESSES) return undefined;
  const [address, linkedBase, counter] = [0, 8, 16].map((at) => body.readBigUInt64LE(at)) as [
    bigint,
    bigint,
    bigint,
  ];
  // prelink moves sections after the notes are written.
  const moved = base === undefined ? 0n : base - linkedBase;
  const place = elf.placeOf(address + moved);
  const [provider, name, operands] = texts(body.subarray(ADDRESSES));
  if (place === undefined || provider === undefined || name === undefined) return undefined;
  return {
    provider,
    name,
    place,
    counter: counter === 0n ? undefined : elf.placeOf(counter + moved),
    operands: operands === undefined || operands === '' ? [] : operands.split(' '),
  };
}

function texts(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length && found.length < 3; at += found.at(-1)!.length + 1)
    found.push(textAt(bytes, at));
  return found;
}
