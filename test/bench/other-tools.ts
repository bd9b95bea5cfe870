/** The tools that people have, in the same run, on the same recording or one of its size: ratios of these are what can be compared. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DrawnDisk, drawBlktrace } from './draw-blktrace.ts';
import { type DrawnRecording, drawRecording } from './draw-recording.ts';
import { PerfHeader } from './perf-header.ts';
import { ADDED } from './perf-samples.ts';
import { PerfWriter } from './perf-writer.ts';
import { runCli } from './run-cli.ts';

const SAMPLE = fileURLToPath(
  new URL('../../../../../samples/virtio-blk-iothread-perf.iotrace.zip', import.meta.url),
);

export interface Compared {
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
  readonly wanted: number;
}

/** Events a millisecond of iotrace and of another tool; `text`: those of iotrace for tracefs text, as measured before. */
export async function compareTools(folder: string, events: number, text: number): Promise<Compared[]> {
  const own = join(folder, 'other-tools');
  mkdirSync(own);
  const compared: Compared[] = [];
  const perf = await perfRates(own, events);
  if (perf !== undefined) {
    compared.push({ name: 'perf.data, to perf script', ...perf, wanted: 5 });
    compared.push({ name: 'tracefs text, to perf script', ours: text, theirs: perf.theirs, wanted: 1.5 });
  }
  for (const [what, times, disk] of [
    ['at what btt is quickest at', BLOCK_EVENTS, { threads: 1, order: 'strides' }],
    ['of four threads’ random reads', 1, { threads: 4, order: 'random' }],
  ] as const) {
    const { ours, btt } = await blktraceRates(join(own, disk.order), times * events, disk);
    if (btt === undefined) continue;
    compared.push({ name: `blktrace ${what}, to btt alone`, ours, theirs: btt.alone, wanted: 2 });
    compared.push({ name: 'the same, to blkparse and btt', ours, theirs: btt.both, wanted: 2 });
  }
  rmSync(own, { recursive: true });
  return compared;
}

/** The same recording as perf.data of both machines. */
export function drawPerfData(folder: string, events: number): DrawnRecording {
  execFileSync('unzip', ['-qo', SAMPLE, '-d', folder]);
  const header = new PerfHeader(readFileSync(join(folder, 'raw/host/1-perf.data')), 'drawn', ADDED);
  return drawRecording(folder, events, (file) => new PerfWriter(file, header));
}

/** The drawn recording as perf.data of both machines: iotrace reads it with the request log, perf prints one after the other. */
async function perfRates(
  folder: string,
  events: number,
): Promise<{ ours: number; theirs: number } | undefined> {
  if (!isInstalled('perf', '--version')) return undefined;
  const drawn = drawPerfData(folder, events);
  const files = ['--host', drawn.host, '--guest', drawn.guest, '--ground-truth', drawn.log];
  const [ours, theirs] = await inTurn([
    () => reported(files),
    () => scriptMs(drawn, join(folder, 'script.txt')),
  ]);
  for (const file of [drawn.host, drawn.guest]) rmSync(file);
  return { ours: drawn.events / ours!, theirs: drawn.events / theirs! };
}

/** What `perf script` takes for a recording's perf.data, ms: one machine after the other. Undefined without perf. */
export async function perfScript(drawn: DrawnRecording): Promise<number | undefined> {
  // What it prints of a hundred million events is more than it would leave in memory of what others read.
  return isInstalled('perf', '--version') ? scriptMs(drawn, NOWHERE) : undefined;
}

const NOWHERE = '/dev/null';

async function scriptMs({ host, guest }: DrawnRecording, output: string): Promise<number> {
  let ms = 0;
  for (const file of [host, guest]) ms += await timed('perf', ['script', '-i', file], output);
  return ms;
}

/** So many times as many as of others: of 10 million, half of the time of a report is Node and V8 getting ready. */
const BLOCK_EVENTS = 3;

/** A report of what `blkparse -d` merges of files that blktrace could have written; and of the same file btt: its own time, and that of both. */
async function blktraceRates(
  folder: string,
  events: number,
  disk: DrawnDisk,
): Promise<{ ours: number; btt: { alone: number; both: number } | undefined }> {
  if (!isInstalled('btt', '-V') || !isInstalled('blkparse', '-V')) return { ours: 0, btt: undefined };
  mkdirSync(folder);
  const drawn = drawBlktrace(join(folder, 'drawn'), events, disk);
  const file = join(folder, 'drawn.bin');
  const parse = ['-D', folder, '-i', 'drawn', '-d', file, '-O'];
  const parsed = () => timed('blkparse', parse, join(folder, 'blkparse.txt'));
  await parsed();
  // What blkparse has written is still on its way to the disk when it ends: it comes last.
  const [ours, alone, parsing] = await inTurn([
    () => reported(['--host', file]),
    () => timed('btt', ['-i', file], join(folder, 'btt.txt')),
    parsed,
  ]);
  rmSync(folder, { recursive: true });
  return { ours: drawn / ours!, btt: { alone: drawn / alone!, both: drawn / (parsing! + alone!) } };
}

/** Rounds in which the tools take turns: a machine's speed changes meanwhile, by a third on a rented one. */
const ROUNDS = 3;

/** The median of what each says it took, ms. */
async function inTurn(runs: readonly (() => Promise<number>)[]): Promise<number[]> {
  const taken = runs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [at, run] of runs.entries()) taken[at]!.push(await run());
  return taken.map((times) => times.sort((a, b) => a - b)[ROUNDS >> 1]!);
}

async function reported(files: readonly string[]): Promise<number> {
  return (await runCli('report', '--min-grade', 'F', ...files)).wallMs;
}

function isInstalled(tool: string, asks: string): boolean {
  try {
    execFileSync(tool, [asks], { stdio: 'ignore' });
    return true;
  } catch {
    process.stdout.write(`${tool} is not installed: not compared\n`);
    return false;
  }
}

/** Wall time of a tool that writes a file, ms. */
async function timed(tool: string, options: readonly string[], output: string): Promise<number> {
  const out = openSync(output, 'w');
  const began = performance.now();
  const code = await new Promise<number | null>((done) =>
    // btt leaves files where it runs.
    spawn(tool, options, { cwd: dirname(output), stdio: ['ignore', out, 'ignore'] }).on('close', done),
  );
  const ms = performance.now() - began;
  closeSync(out);
  if (code !== 0 || (output !== NOWHERE && statSync(output).size === 0))
    throw new Error(`${tool} failed with ${code}`);
  return ms;
}
