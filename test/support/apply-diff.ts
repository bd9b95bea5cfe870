/** Applies a unified diff as patch does without fuzz: every context and removed line has to be there. */
export function applyUnifiedDiff(text: string, diff: string): string {
  if (diff === '') return text;
  const old = text.split('\n');
  const out: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2, -1)) {
    const hunk = /^@@ -(\d+),\d+ \+(\d+),\d+ @@$/.exec(line);
    if (hunk !== null) {
      while (at < Number(hunk[1]) - 1) out.push(old[at++]!);
      if (out.length !== Number(hunk[2]) - 1) throw new Error(`hunk begins at ${out.length + 1}: ${line}`);
    } else if (line.startsWith('+')) out.push(line.slice(1));
    else if (!line.startsWith('\\')) {
      if (old[at] !== line.slice(1)) throw new Error(`line ${at + 1} is not ${line}`);
      if (line.startsWith(' ')) out.push(line.slice(1));
      at++;
    }
  }
  return [...out, ...old.slice(at)].join('\n');
}
