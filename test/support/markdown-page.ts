import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block of a page. */
export interface CodeBlock {
  /** What stands behind the fence: 'sh', 'text', ''. */
  readonly language: string;
  readonly text: string;
  /** NAME of a `<!-- from: NAME -->` line right above, saying which transcript the block is a part of. */
  readonly from: string | undefined;
}

/** A Markdown page of the project. */
export interface MarkdownPage {
  /** From the project's root: 'src/README.md'. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
  /** Targets of links that are no web addresses: 'CONTRIBUTING.md#words', '#words'. */
  readonly links: readonly string[];
  /** Anchors its headings have, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
}

/** Pages written by hand, by path; transcripts and what npm installs are left out. */
export function markdownPages(): readonly MarkdownPage[] {
  const folders = ['src', 'parsers', 'samples', 'test', 'schema', 'bpf', '.github'];
  const below = folders.flatMap((folder) => names(folder, true).map((name) => `${folder}/${name}`));
  return [...names('.', false), ...below]
    .filter((path) => path.endsWith('.md') && !path.startsWith('test/golden/'))
    .sort()
    .map(readPage);
}

/** Reads one page, by its path from the project's root. */
export function readPage(path: string): MarkdownPage {
  const text = readFileSync(`${ROOT}${path}`, 'utf8');
  const { blocks, prose } = split(text);
  return {
    path,
    text,
    blocks,
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target)),
    anchors: anchorsOf(prose),
  };
}

function names(folder: string, recursive: boolean): string[] {
  try {
    return readdirSync(`${ROOT}${folder}`, { recursive, encoding: 'utf8' });
  } catch {
    return [];
  }
}

/** Separates fenced blocks from the text around them. Code spans lose their content: nothing in them is a link. */
function split(text: string): { blocks: CodeBlock[]; prose: string } {
  const blocks: CodeBlock[] = [];
  let above = '';
  const prose = text.replace(
    /([^\n]*)\n\n?(`{3,})([a-z]*)\n([\s\S]*?\n)\2(?=\n|$)/g,
    (_, before: string, _fence, language: string, code: string) => {
      above = /^<!-- from: (\S+) -->$/.exec(before)?.[1] ?? '';
      blocks.push({ language, text: code, from: above === '' ? undefined : above });
      return `${before}\n`;
    },
  );
  return { blocks, prose: prose.replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, '')) };
}

/** GitHub: lower case, blanks become hyphens, punctuation goes, a repeated heading gets -1, -2 … */
function anchorsOf(prose: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let more = 1; anchors.has(anchor); more++) anchor = `${slug}-${more}`;
    anchors.add(anchor);
  }
  return anchors;
}
