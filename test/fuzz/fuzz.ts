/**
 * Feeds every parser damaged recordings for a while: `npm run fuzz [-- --seconds N] [--seed N] [NAME …]`. Inputs that make a new piece
 * of a parser run are damaged further. What makes one fail is written to test/fixtures/fuzz/, where a test keeps it failing no more.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { FUZZ_TARGETS, type FuzzTarget } from '../support/fuzz-targets.ts';
import { Coverage } from './coverage.ts';
import { MAX_INPUT_BYTES, Mutator } from './mutate.ts';

/** The project: this file runs as node_modules/.cache/iotrace-fuzz/test/fuzz/fuzz.js. */
const FIXTURES = fileURLToPath(new URL('../../../../../test/fixtures/', import.meta.url));
/** Most inputs kept for one parser; the oldest go first. */
const MAX_CORPUS = 2000;
/** An input that takes longer hangs the parser: 128 kB take 20 ms. */
const MAX_CPU_MS = 5000;
/** Memory an input may leave held or need in buffers, beside what the parsers hold from the start. */
const MAX_BYTES = 256 << 20;
/** One input in so many is also read in pieces, which must make no difference. */
const PIECES_EVERY = 16;
const MAX_FAILURES = 10;
const MAX_SHRINK_TRIES = 3000;
/** Text is tried in short pieces, more of them; binary files are whole, because what they need stands at both ends. */
const TEXT_BYTES = 6 << 10;
const WHOLE_FIXTURES = ['perf-data', 'zstd'];

interface Result {
  readonly inputs: number;
  readonly failures: number;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: '1' } },
    allowPositionals: true,
  });
  const targets = FUZZ_TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const secondsEach = Number(values.seconds) / targets.length;
  if (targets.length === 0 || !(secondsEach > 0)) {
    print(
      `usage: npm run fuzz -- [--seconds N] [--seed N] [NAME…], NAME one of: ${FUZZ_TARGETS.map(({ name }) => `'${name}'`).join(', ')}`,
    );
    return 2;
  }
  const coverage = new Coverage('/parsers/');
  let failures = 0;
  for (const target of targets) {
    const began = coverage.size;
    const result = await fuzz(target, coverage, secondsEach, Number(values.seed));
    print(
      `${target.name}: ${result.inputs} inputs, ${coverage.size - began} new pieces of code, ${result.failures} failures`,
    );
    failures += result.failures;
  }
  return failures === 0 ? 0 : 1;
}

async function fuzz(target: FuzzTarget, coverage: Coverage, seconds: number, seed: number): Promise<Result> {
  const mutator = new Mutator(seed);
  const corpus = [...target.seeds, ...target.fixtures.flatMap(readFixtures)];
  if (corpus.length === 0) corpus.push(new Uint8Array(0));
  const pick = () => corpus[mutator.below(corpus.length)]!;
  const end = performance.now() + seconds * 1000;
  let inputs = 0;
  let failures = 0;
  const known = new Set<string>();
  for (const bytes of [...corpus]) {
    await attempt(target, bytes, false, 0);
    coverage.takeNew();
  }
  while (performance.now() < end && failures < MAX_FAILURES) {
    const bytes = mutator.mutate(pick(), pick());
    const inPieces = inputs % PIECES_EVERY === 0;
    const problem = await attempt(target, bytes, inPieces, 1 + mutator.below(300));
    inputs += 1;
    if (problem !== undefined && !known.has(problem)) {
      known.add(problem);
      failures += 1;
      keep(target, await shrink(target, bytes, problem), problem);
    }
    if (coverage.takeNew() > 0) {
      if (corpus.length >= MAX_CORPUS) corpus.splice(mutator.below(corpus.length), 1);
      corpus.push(bytes);
    }
  }
  return { inputs, failures };
}

/** Why the parser fails on these bytes, undefined when it does not. */
async function attempt(
  target: FuzzTarget,
  bytes: Uint8Array,
  inPieces: boolean,
  pieceBytes: number,
): Promise<string | undefined> {
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  try {
    const whole = await target.run(bytes, Math.max(bytes.length, 1));
    const { user, system } = process.cpuUsage(cpu);
    if ((user + system) / 1000 > MAX_CPU_MS) return `takes ${Math.round((user + system) / 1000)} ms`;
    const after = process.memoryUsage();
    const grown = Math.max(after.heapUsed - before.heapUsed, after.arrayBuffers - before.arrayBuffers);
    if (grown > MAX_BYTES) return `takes ${grown >> 20} MiB`;
    if (!inPieces) return undefined;
    const pieces = await target.run(bytes, pieceBytes);
    return String(whole) === String(pieces) ? undefined : 'reads pieces otherwise than the whole';
  } catch (error) {
    return error instanceof Error
      ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' | ')
      : String(error);
  }
}

/** A shorter input with the same problem: pieces are taken out, ever smaller ones, as long as it stays. */
async function shrink(target: FuzzTarget, bytes: Uint8Array, problem: string): Promise<Uint8Array> {
  let best = bytes;
  for (let piece = best.length >> 1, tries = 0; piece > 0 && tries < MAX_SHRINK_TRIES; piece >>= 1) {
    for (let at = 0; at + piece <= best.length && tries < MAX_SHRINK_TRIES; tries++) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + piece)]);
      if ((await attempt(target, shorter, true, 7)) === problem) best = shorter;
      else at += piece;
    }
  }
  return best;
}

/** Files of a folder of fixtures, unpacked, of text only the beginning. */
function readFixtures(folder: string): Uint8Array[] {
  const most = WHOLE_FIXTURES.includes(folder) ? MAX_INPUT_BYTES : TEXT_BYTES;
  return readdirSync(FIXTURES + folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map(({ name }) => {
      const bytes = readFileSync(`${FIXTURES}${folder}/${name}`);
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).subarray(0, most);
    });
}

function keep(target: FuzzTarget, bytes: Uint8Array, problem: string): void {
  const folder = `${FIXTURES}fuzz/`;
  mkdirSync(folder, { recursive: true });
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
  const file = `${target.name.replaceAll(/\W+/g, '-').toLowerCase()}-${hash}`;
  writeFileSync(folder + file, bytes);
  print(`${target.name}: ${problem}\n  kept as test/fixtures/fuzz/${file} (${bytes.length} bytes)`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
