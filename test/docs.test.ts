/** What is written about the program holds: links, excerpts, options, tables and shell blocks. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../parsers/formats.ts';
import { EXIT_CODES } from '../src/errors.ts';
import { IO_PATHS } from '../src/paths/index.ts';
import { type MarkdownPage, markdownPages, readPage } from './support/markdown-page.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGES = markdownPages();
const README = readPage('README.md');

/** What the command of a transcript printed; test/cli/transcripts.test.ts holds it against the program. */
function printed(name: string): string {
  const page = readFileSync(`${ROOT}test/golden/cli/${name}.md`, 'utf8');
  return /^(`{3,})text\n([\s\S]*?\n)\1$/m.exec(page)?.[2] ?? '';
}

/** Commands the program has, from its own help. */
const COMMANDS = [...printed('help').matchAll(/^ {2}([a-z]+) /gm)]
  .map(([, name]) => name!)
  .filter((name) => name !== 'help');

const linesStarting = (text: string, start: string) =>
  text.split('\n').filter((line) => line.startsWith(start));

describe.each(PAGES)('$path', (page: MarkdownPage) => {
  it('links to what exists', () => {
    const missing = page.links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page.path : posix.join(posix.dirname(page.path), file);
      if (!existsSync(`${ROOT}${target}`)) return true;
      return anchor !== undefined && !(target.endsWith('.md') && readPage(target).anchors.has(anchor));
    });
    expect(missing).toEqual([]);
  });

  it('quotes what the program prints', () => {
    for (const { from, text } of page.blocks)
      if (from !== undefined) expect(printed(from), `${page.path}, from ${from}`).toContain(text.trimEnd());
  });

  it('has shell blocks that a shell can read', () => {
    for (const { language, text } of page.blocks)
      if (language === 'sh') execFileSync('bash', ['-n'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
  });
});

describe('README.md', () => {
  it.each(COMMANDS)('shows the whole help of %s', (command) => {
    const shown = README.blocks.filter(({ from }) => from === `${command}-help`).map(({ text }) => text);
    expect(shown).toEqual([printed(`${command}-help`)]);
  });

  it('uses commands and options that exist', () => {
    const used = PAGES.flatMap(({ blocks }) => blocks.filter(({ language }) => language === 'sh'))
      .flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))
      .filter((line) => /^(iotrace|node dist\/src\/cli\.js) /.test(line));
    expect(used.length).toBeGreaterThan(5);
    for (const line of used) {
      const [command, ...words] = line
        .replace(/^(iotrace|node dist\/src\/cli\.js) /, '')
        .split(/ -- /)[0]!
        .trim()
        .split(/\s+/);
      expect(COMMANDS, line).toContain(command);
      const options = words.filter((word) => /^--?[a-z]/.test(word));
      for (const option of options)
        expect(printed(`${command}-help`), line).toMatch(new RegExp(`(^|[ ,])${option}\\b`, 'm'));
    }
  });

  it('lists every exit status', () => {
    const listed = linesStarting(README.text, '| ').flatMap((line) => /^\| (\d+) /.exec(line)?.[1] ?? []);
    expect(listed.map(Number)).toEqual(Object.values(EXIT_CODES));
  });

  it('lists every format that can be read', () => {
    for (const { name } of FORMATS) expect(linesStarting(README.text, `| ${name} `), name).toHaveLength(1);
  });

  it('lists every path', () => {
    for (const { name } of IO_PATHS) expect(linesStarting(README.text, `| ${name} `), name).toHaveLength(1);
  });

  it('begins with two commands that package.json knows', () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    const commands = README.blocks
      .find(({ language }) => language === 'sh')!
      .text.trim()
      .split('\n');
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const script = /^npm ci && npm (?:run )?([a-z]+)(?: +#.*)?$/.exec(command)?.[1];
      expect(Object.keys(scripts), command).toContain(script);
    }
  });
});

describe('rooms', () => {
  const rooms = readdirSync(`${ROOT}src`).filter((name) => statSync(`${ROOT}src/${name}`).isDirectory());

  it.each(rooms)('src/%s says what enters, what leaves, and how to add one more', (room) => {
    const page = readPage(`src/${room}/README.md`);
    expect(page.text).toMatch(/what enters/i);
    expect(page.text).toMatch(/what leaves/i);
    expect(page.text).toMatch(/\badd\b/i);
  });

  it('are all in src/README.md', () => {
    const { links } = readPage('src/README.md');
    expect(rooms.filter((room) => !links.includes(`${room}/README.md`))).toEqual([]);
  });
});

describe('goldens', () => {
  it('are small enough to be read', () => {
    const files = readdirSync(`${ROOT}test/golden`, { recursive: true, encoding: 'utf8' });
    const large = files.filter((file) => statSync(`${ROOT}test/golden/${file}`).size >= 40_000);
    expect(large).toEqual([]);
  });

  it('name no path of the machine they were made on', () => {
    const files = readdirSync(`${ROOT}test/golden`, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    const naming = files.filter((file) =>
      readFileSync(`${file.parentPath}/${file.name}`, 'utf8').includes(ROOT),
    );
    expect(naming.map(({ name }) => name)).toEqual([]);
  });
});
