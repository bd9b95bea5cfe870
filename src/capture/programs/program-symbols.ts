/** Where functions of a program begin: by its symbol tables, which a stripped program has only the dynamic one of. */
import { type ElfFile, SECTION, textAt } from './elf-file.ts';

const SYMBOL_BYTES = 24;
const FUNCTION = 2;

/** Place in the file of each of these functions that the program names. */
export async function functionPlaces(elf: ElfFile, names: readonly string[]): Promise<Map<string, number>> {
  const wanted = new Set(names);
  const found = new Map<string, number>();
  for (const table of elf.sections) {
    if (table.type !== SECTION.symbols && table.type !== SECTION.dynamicSymbols) continue;
    const strings = elf.sections[table.link];
    if (strings === undefined) continue;
    const text = await elf.read(strings);
    const symbols = await elf.read(table);
    for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
      // Functions that are defined here and not elsewhere.
      if ((symbols[at + 4]! & 15) !== FUNCTION || symbols.readUInt16LE(at + 6) === 0) continue;
      const name = textAt(text, symbols.readUInt32LE(at));
      if (!wanted.has(name) || found.has(name)) continue;
      const place = elf.placeOf(symbols.readBigUInt64LE(at + 8));
      if (place !== undefined) found.set(name, place);
    }
  }
  return found;
}
