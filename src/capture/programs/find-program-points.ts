/** Which wanted places of a program this build of it has: marks of its authors (USDT) first, then functions with a name. */
import type { ProgramFunction, ProgramValue } from '../wanted-point.ts';
import { ElfFile } from './elf-file.ts';
import { functionPlaces } from './program-symbols.ts';
import { type UsdtMark, usdtMarks } from './usdt-marks.ts';

/** A place in a program, under each name it may have. */
export interface WantedPlace {
  /** The mark of its authors that stands there. */
  readonly mark?: { readonly provider: string; readonly name: string; readonly values: readonly MarkValue[] };
  /** A function that begins there, and what to read of its arguments. */
  readonly function?: { readonly symbol: string; readonly values: readonly ProgramValue[] };
}

/** An argument of a mark, from 0, and what parsers call it. */
export interface MarkValue {
  readonly name: string;
  readonly of: number;
}

/** What a program shows of itself. */
export interface ProgramView {
  /** It could be read as an ELF file. */
  readonly isReadable: boolean;
  readonly marks: number;
  /** For each wanted place where it is; undefined where this build does not tell. */
  readonly places: readonly (ProgramFunction | undefined)[];
}

/** Looks into a program's file. `file` is also what a probe is made at, so it must be a name that holds no blank or colon. */
export async function findProgramPoints(file: string, wanted: readonly WantedPlace[]): Promise<ProgramView> {
  const elf = await ElfFile.open(file);
  if (elf === undefined) return { isReadable: false, marks: 0, places: wanted.map(() => undefined) };
  try {
    const marks = await usdtMarks(elf);
    const names = wanted.flatMap((place) => place.function?.symbol ?? []);
    const functions = await functionPlaces(elf, names);
    return {
      isReadable: true,
      marks: marks.length,
      places: wanted.map((place) => atMark(file, place, marks) ?? atFunction(file, place, functions)),
    };
  } finally {
    await elf.close();
  }
}

function atFunction(
  file: string,
  { function: wanted }: WantedPlace,
  places: ReadonlyMap<string, number>,
): ProgramFunction | undefined {
  const offset = wanted && places.get(wanted.symbol);
  return offset === undefined ? undefined : { file, symbol: wanted!.symbol, offset, fetch: wanted!.values };
}

function atMark(
  file: string,
  { mark: wanted }: WantedPlace,
  marks: readonly UsdtMark[],
): ProgramFunction | undefined {
  const here = marks.filter(({ provider, name }) => provider === wanted?.provider && name === wanted.name);
  // A mark in a function that was inlined stands in several places, which one probe does not see.
  const [mark, ...more] = here;
  if (mark === undefined || more.length > 0) return undefined;
  return {
    file,
    symbol: wanted!.name,
    offset: mark.place,
    mark: { provider: mark.provider, counter: mark.counter },
    fetch: wanted!.values.flatMap(({ name, of }) => valueAt(name, mark.operands[of]) ?? []),
  };
}

/** Sizes of an argument as a mark writes them, negative where it is signed. */
const TYPES: Readonly<Record<string, ProgramValue['type']>> = {
  1: 'u8',
  2: 'u16',
  4: 'u32',
  8: 'u64',
  '-4': 's32',
  '-8': 's64',
};

/** `8@%rdi`, `-4@16(%rsp)`, `4@$7`; a sum of registers has no words in the kernel's language of probes. */
function valueAt(name: string, operand: string | undefined): ProgramValue | undefined {
  const [, size, place] = /^(-?\d+)@(%\w+|-?\d*\(%\w+\)|\$-?\d+)$/.exec(operand ?? '') ?? [];
  const type = TYPES[size ?? ''];
  return type === undefined ? undefined : { name, of: { operand: place! }, type };
}
