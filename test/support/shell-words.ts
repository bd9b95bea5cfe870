/** The words of one shell line: blanks separate, quotes and backslashes protect. Command lines of recordings are kept so. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:'[^']*'|"(?:\\.|[^"])*"|\\.|[^\s'"\\])+/g))
    words.push(
      word.replace(
        /'([^']*)'|"((?:\\.|[^"])*)"|\\(.)/g,
        (_, single, double, escaped) => single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped,
      ),
    );
  return words;
}
