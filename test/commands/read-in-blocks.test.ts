/** A stream that is read in blocks gives the table of one reader, wherever it is cut, and whatever its lines depend on. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ftraceText } from '../../parsers/ftrace-text.ts';
import { type BlockThreads, readInBlocks } from '../../src/commands/read-in-blocks.ts';
import { ReadingThreads } from '../../src/commands/reading-threads.ts';
import { EventTableBuilder } from '../../src/trace/event-table-builder.ts';
import { threadsInTurn } from './threads-in-turn.ts';

const FIXTURES = new URL('../fixtures/ftrace/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, FIXTURES), 'utf8');
const names = readdirSync(FIXTURES).filter((name) => /\.(trace|txt)$/.test(name));

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** How many blocks were joined, to be sure that a test reads some. */
function counted(threads: BlockThreads): BlockThreads & { blocks: number } {
  return {
    blocks: 0,
    get count() {
      return threads.count;
    },
    get blockBytes() {
      return threads.blockBytes;
    },
    get memory() {
      return threads.memory;
    },
    threadOf: (slot) => threads.threadOf(slot),
    begin: (stream) => threads.begin(stream),
    async read(block) {
      const read = await threads.read(block);
      if (read.notes.holds && !read.extras.overflows) this.blocks++;
      return read;
    },
    takeBack: (slot) => threads.takeBack(slot),
  };
}

async function inBlocks(text: string, threads: BlockThreads, chunkBytes: number) {
  const builder = new EventTableBuilder();
  const chunks = chunksOf(Buffer.from(text), chunkBytes);
  const report = await readInBlocks(ftraceText.blocks!, chunks, builder, threads);
  return { report, ...builder.build() };
}

/** Columns as text that is quickly compared. */
function short({ report, events, ...rest }: Awaited<ReturnType<typeof byOne>>) {
  const column = (value: unknown) =>
    ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
      : value;
  const columns = Object.entries(events).map(([name, value]) => [name, column(value)]);
  return { report, ...rest, events: Object.fromEntries(columns) };
}

async function byOne(text: string) {
  const builder = new EventTableBuilder();
  const report = await ftraceText.parse(chunksOf(Buffer.from(text), 1 << 16), builder);
  return { report, ...builder.build() };
}

/** Expects the same of any block size; returns how many blocks were read by themselves. */
async function expectSame(text: string, ...blockBytes: number[]): Promise<number> {
  const whole = await byOne(text);
  let blocks = 0;
  for (const size of blockBytes) {
    const threads = counted(threadsInTurn(1 + (size % 3), size));
    expect(await inBlocks(text, threads, 1 + (size % 97)), `blocks of ${size} bytes`).toEqual(whole);
    blocks += threads.blocks;
  }
  return blocks;
}

/** A line of a trace; times go up by a microsecond. */
let time = 1_000_000;
function line(text: string, task = '             qd1-151  ', columns = '[000] d.h1.'): string {
  time += 1;
  return `${task}   ${columns}     ${Math.floor(time / 1e6)}.${String(time % 1e6).padStart(6, '0')}: ${text}\n`;
}
const handler = (name: string) => line(`irq_handler_entry: irq=25 name=${name}`);
const many = (count: number, each: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => each(i)).join('');

describe('blocks of a stream', () => {
  it.each(names)('recorded: %s', async (name) => {
    const text = fixture(name);
    expect(await expectSame(text, 300, 333, 512, 1000, 4096)).toBeGreaterThan(10);
  });

  it('losses stand between the rows they stood between, rejects at their place', async () => {
    const text = many(300, (i) =>
      i % 7 === 0
        ? `CPU:${i % 4} [LOST ${i} EVENTS]\n`
        : i % 11 === 0
          ? 'no line of a trace\n'
          : i % 13 === 0
            ? line('kvm_inj_virq: nonsense')
            : line('kvm_inj_virq: IRQ 0x26'),
    );
    expect(await expectSame(text, 200, 257, 400, 1021)).toBeGreaterThan(50);
  });

  it('strings have the ids of their order in the stream, whichever thread met them first', async () => {
    const text = many(400, (i) => handler(i % 3 === 0 ? `first${i % 40}` : `then${i % 90}`));
    expect(await expectSame(text, 160, 230, 500, 900)).toBeGreaterThan(50);
  });

  it('more strings than a thread remembers', async () => {
    await expectSame(
      many(9000, (i) => handler(`name${i}`)),
      100_000,
    );
  });

  it('tasks are called as the stream calls them first', async () => {
    const tasks = [
      '           <...>-7    ',
      '               a-7    ',
      '               b-7    ',
      '                -7    ',
    ];
    const groups = ['', '(-------) ', '(      5) ', '(      6) '];
    const text = many(400, (i) => {
      const columns = `${groups[(i * 7) % 4]}[000] d.h1.`;
      return line(
        'kvm_inj_virq: IRQ 0x26',
        tasks[(i * 5 + (i >> 3)) % 4]!.replace('7 ', `${7 + (i % 9)} `),
        columns,
      );
    });
    expect(await expectSame(text, 120, 180, 350, 777)).toBeGreaterThan(50);
  });

  it('a second header, another clock, labels of several files: the rest is read by one', async () => {
    const events = many(60, () => line('kvm_inj_virq: IRQ 0x26'));
    const header = '# tracer: nop\n#\n# entries-in-buffer/entries-written: 60/70   #P:2\n#\n';
    expect(await expectSame(header + events + header + events, 200, 300, 500)).toBeGreaterThan(5);
    const counter = many(
      30,
      (i) => `             qd1-151     [000] d.h1. 300${i + 10}: kvm_inj_virq: IRQ 0x26\n`,
    );
    expect(await expectSame(events + counter + events, 200, 300, 500)).toBeGreaterThan(5);
    const nine = many(
      30,
      (i) => `             qd1-151     [000] d.h1. 9.0000000${i + 10}: kvm_inj_virq: IRQ 0x26\n`,
    );
    await expectSame(nine + events + nine, 200, 300, 500);
    const labelled = (file: string) =>
      `${file}: cpus=1\n${many(20, () => `${file}: ${line('kvm_inj_virq: IRQ 0x26')}`)}${file}: CPU:0 [3 EVENTS DROPPED]\n${line('kvm_inj_virq: IRQ 0x27')}`;
    await expectSame(labelled('trace-a.dat') + labelled('b.dat') + labelled('trace-a.dat'), 200, 300, 500);
  });

  it('lines longer than a block, and longer than any line', async () => {
    const event = line('kvm_inj_virq: IRQ 0x26');
    const text = many(40, () => event) + `${'x'.repeat(2000)}\n` + many(40, () => event);
    await expectSame(text, 500, 2000, 2001, 2002, 4000);
    await expectSame(
      `${many(40, () => event)}${'x'.repeat(70_000)}\n${many(40, () => event)}`,
      500,
      65_536,
      100_000,
    );
  });

  it('carriage returns, and an end in the middle of a line', async () => {
    const text = many(100, () => line('kvm_inj_virq: IRQ 0x26').replace('\n', '\r\n'));
    expect(await expectSame(text, 173, 300)).toBeGreaterThan(20);
    expect(await expectSame(text.slice(0, -30), 173, 300)).toBeGreaterThan(20);
    await expectSame('', 300);
    await expectSame('not a trace\n'.repeat(100), 300);
  });
});

describe('threads', () => {
  const threads = new ReadingThreads({ blockBytes: 1 << 18 });
  afterAll(() => threads.close());
  const text = many(30_000, (i) =>
    i % 1000 === 7 ? 'CPU:1 [LOST 3 EVENTS]\n' : handler(`name${Math.floor(i / 90)}`),
  );

  it('read two streams one after the other as one thread does', async () => {
    const watched = counted(threads);
    expect(short(await inBlocks(text, watched, 65_536))).toEqual(short(await byOne(text)));
    const other = fixture(names[0]!) + text.slice(1000);
    expect(short(await inBlocks(other, watched, 65_536))).toEqual(short(await byOne(other)));
    expect(watched.blocks).toBeGreaterThan(10);
  });

  it('give back the lines of blocks behind one that does not hold', async () => {
    const watched = counted(threads);
    const changed = `${text}# entries-in-buffer/entries-written: 60/70   #P:2\n${text}`;
    expect(short(await inBlocks(changed, watched, 65_536))).toEqual(short(await byOne(changed)));
    expect(watched.blocks).toBeGreaterThan(10);
  });

  it('take no more memory of a chunk than what is the chunk', async () => {
    const whole = Buffer.from(text);
    const parts = async function* () {
      for (let at = 0; at < whole.length; at += 100_000) yield whole.subarray(at, at + 100_000);
    };
    await readInBlocks(ftraceText.blocks!, parts(), new EventTableBuilder(), threads);
    expect(whole.toString()).toBe(text);
  });

  it('end with the error of who reads the bytes', async () => {
    const failing = async function* () {
      yield* chunksOf(Buffer.from(text), 65_536);
      throw new Error('the disk is gone');
    };
    const reading = readInBlocks(ftraceText.blocks!, failing(), new EventTableBuilder(), threads);
    await expect(reading).rejects.toThrow('the disk is gone');
  });

  it('that fail make the reading fail', async () => {
    const missing = new ReadingThreads({
      blockBytes: 1 << 18,
      entry: new URL('./no-such-file.js', import.meta.url),
    });
    const chunks = chunksOf(Buffer.from(text), 65_536);
    const reading = readInBlocks(ftraceText.blocks!, chunks, new EventTableBuilder(), missing);
    await expect(reading).rejects.toThrow('no-such-file');
    await missing.close();
  });
});
