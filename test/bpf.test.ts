/** The bundled scripts: their form, their headers, and that bpftrace compiles them. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { kindByName } from '../parsers/event-kinds.ts';
import { readBlocks } from '../src/capture/bpftrace/script-block.ts';
import { SCRIPT_FOLDER, scriptLibrary } from '../src/capture/bpftrace/script-library.ts';

const run = promisify(execFile);
const NAMES = (await readdir(SCRIPT_FOLDER)).filter((name) => name.endsWith('.bt'));
const HISTOGRAMS = (await readdir(join(SCRIPT_FOLDER, 'histograms'))).map((name) => `histograms/${name}`);
const library = await scriptLibrary();

describe.each(NAMES)('%s', (name) => {
  const read = () => readFile(join(SCRIPT_FOLDER, name), 'utf8');

  it('has a header that says its points, what it needs and what it costs', async () => {
    const text = await read();
    const script = name.slice(0, -3);
    const header = text.slice(0, text.indexOf('*/'));
    expect(header).toContain(` * ${script}: `);
    for (const part of ['POINTS', 'REQUIRES', 'OVERHEAD', 'EXAMPLE'])
      expect(header).toContain(`\n * ${part}\n *   `);
    const points = /POINTS\n((?: \* {2}.*\n)+)/.exec(header)![1]!.replaceAll('*', ' ').trim().split(/\s+/);
    expect(points).toEqual(readBlocks(script, text).map(({ event }) => event));
  });

  it('is nothing but a BEGIN and blocks, each of which iotrace can take', async () => {
    const text = await read();
    const probes = text.match(/^(?!BEGIN)[a-z]+:\S+$/gm) ?? [];
    const blocks = readBlocks(name.slice(0, -3), text);
    expect(blocks.map(({ probe }) => probe)).toEqual(probes);
    // Never at a return of a program's function: it kills QEMU. Never a line for each event.
    expect(text).not.toMatch(/uretprobe/);
    for (const { body } of blocks) expect(body).not.toMatch(/printf/);
    for (const { id, body, fields } of blocks) {
      const values = body
        .slice(body.indexOf(' = (') + 4, body.lastIndexOf(');'))
        .split(/, (?=\(uint64\)|args|str)/);
      expect(values[0]).toBe(`(uint64)${id}`);
      expect(values).toHaveLength(fields.length + 2);
    }
  });

  it('stores events that parsers know', async () => {
    const unknown = readBlocks(name.slice(0, -3), await read()).filter(
      ({ event }) => kindByName(event) === undefined,
    );
    expect(unknown.map(({ event }) => event)).toEqual([]);
  });
});

describe.each(HISTOGRAMS)('%s', (name) => {
  it('says its stages, what it needs and what it costs; prints nothing, and no probe is at a return of a program', async () => {
    const text = await readFile(join(SCRIPT_FOLDER, name), 'utf8');
    const header = text.slice(0, text.indexOf('*/'));
    for (const part of ['STAGES', 'OUTPUT', 'REQUIRES', 'MEMORY', 'OVERHEAD', 'EXAMPLE'])
      expect(header).toContain(`\n * ${part}\n *   `);
    expect(text).not.toMatch(/uretprobe|printf/);
  });
});

describe('the library', () => {
  it('gives a number to one event only', () => {
    const byId = new Map<number, string>();
    for (const { id, event } of library) {
      expect(byId.get(id) ?? event).toBe(event);
      byId.set(id, event);
    }
  });

  it('stores values of one shape into each map', () => {
    const shapes = new Map<string, string>();
    for (const { map, body } of library) {
      const shape = body.match(/, (?:\(uint64\)|str\(|args->rwbs)/g)!.join('');
      expect(shapes.get(map) ?? shape, map).toBe(shape);
      shapes.set(map, shape);
    }
  });

  it('prefers fentry, and takes kprobes last', () => {
    const of = (event: string) => library.filter((block) => block.event === event).map(({ probe }) => probe);
    expect(of('aio_complete_rw')).toEqual(['kfunc:aio_complete_rw', 'kprobe:aio_complete_rw']);
    // Its fentry attaches and never fires.
    expect(of('irqfd_wakeup')).toEqual(['kprobe:irqfd_wakeup']);
  });
});

const help = await run('bpftrace', ['--help']).then(
  ({ stdout, stderr }) => stdout + stderr,
  () => undefined,
);
const whyNot =
  help === undefined ? 'there is no bpftrace' : process.getuid?.() === 0 ? undefined : 'bpftrace needs root';
if (whyNot !== undefined) process.stderr.write(`bpf/ is not compiled: ${whyNot}\n`);

/** What a machine may lack for a script; anything else is a mistake in it. */
const LACKS =
  /tracepoint not found|kfunc\/kretfunc not available|no BTF data for|could not read traceable functions|No such file|not traceable|Unable to find|module|fentry|No probes to attach/;

describe.skipIf(whyNot !== undefined)('bpftrace', { timeout: 120_000 }, () => {
  it.each([...NAMES, ...HISTOGRAMS])('compiles %s, or says what this machine lacks for it', async (name) => {
    // The numbers are of a disk and a process: 0, all. Scripts that take none do not look at them.
    const args = [help!.includes('--dry-run') ? '--dry-run' : '-d', join(SCRIPT_FOLDER, name), '0', '0'];
    const said = await run('bpftrace', args, { maxBuffer: 1 << 26 }).then(
      () => '',
      ({ stderr }: { stderr: string }) => stderr,
    );
    const errors = said
      .split('\n')
      .filter((line) => line.includes('ERROR') && !line.includes('RLIMIT_MEMLOCK'));
    for (const error of errors) expect(error).toMatch(LACKS);
    if (errors.length > 0) process.stderr.write(`not compiled here: ${name}: ${errors[0]}\n`);
  });
});
