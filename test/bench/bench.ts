/**
 * Speed and memory of `iotrace report`, printed and not judged. All recordings are drawn (synthetic), outside the tree,
 * and removed afterwards. BENCH_EVENTS sets the number of events of the large one.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DrawnRecording, drawRecording } from './draw-recording.ts';
import { compareTools, drawPerfData, perfScript } from './other-tools.ts';
import { type Run, runCli } from './run-cli.ts';
import { timeSteps } from './steps.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 10_000_000);
const SCALE_EVENTS = Number(process.env['BENCH_SCALE'] ?? 10 * EVENTS);
/** Bytes that a drawn event takes in the file system. */
const BYTES_AN_EVENT = 120;
const SAMPLES = fileURLToPath(new URL('../../../../../samples/', import.meta.url));

const print = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

async function main(folder: string): Promise<void> {
  const [{ model } = { model: 'unknown' }] = cpus();
  print(`${cpus().length} cores, ${model}, Node ${process.version}, ${process.platform}`);
  const help = await runCli('--help');
  print(`iotrace --help: ${seconds(help.wallMs)}`);
  const small = await measure(folder, EVENTS / 10);
  const large = await measure(folder, EVENTS);
  const scale = large.drawn.events / small.drawn.events;
  const ratio = large.text.wallMs / small.text.wallMs;
  print(`${scale.toFixed(1)} times the events take ${ratio.toFixed(1)} times the time`);
  await atScale(folder, large);
  await others(folder, large.drawn.events / large.text.wallMs);
  await samples();
}

/** A recording that is followed in slices of time, beside the large one of the same run; its perf.data beside `perf script`. */
async function atScale(folder: string, large: Awaited<ReturnType<typeof measure>>): Promise<void> {
  if (SCALE_EVENTS === 0) return;
  const { bavail, bsize } = statfsSync(folder);
  const wanted = SCALE_EVENTS * BYTES_AN_EVENT;
  if (bavail * bsize < 2 * wanted) {
    print(`no recording of ${SCALE_EVENTS} events: that takes ${(wanted / 2 ** 30).toFixed(0)} GiB`);
    return;
  }
  const own = join(folder, 'scale');
  mkdirSync(own);
  for (const [what, draw] of [
    ['text', drawRecording],
    ['perf.data', drawPerfData],
  ] as const) {
    const drawn = draw(own, SCALE_EVENTS);
    print(`\nsynthetic recording: ${drawn.events} events, ${drawn.requests} requests`);
    const files = ['--host', drawn.host, '--guest', drawn.guest, '--ground-truth', drawn.log];
    const report = () => runCli('report', '--min-grade', 'F', ...files);
    const run = await report();
    printRun(`report of its ${what}, in slices of time`, run, drawn.events);
    if (what === 'perf.data') {
      const theirs = await perfScript(drawn);
      if (theirs !== undefined) {
        const again = await report();
        printRun('the same once more', again, drawn.events);
        const ours = (run.wallMs + again.wallMs) / 2;
        printRates('the same perf.data, to perf script', drawn.events / ours, drawn.events / theirs, 5);
      }
    }
    for (const file of [drawn.host, drawn.guest]) rmSync(file);
    if (what === 'perf.data') continue;
    const scale = drawn.events / large.drawn.events;
    const ratio = run.wallMs / large.text.wallMs;
    print(
      `${scale.toFixed(1)} times the events take ${ratio.toFixed(1)} times the time (aim ${(1.1 * scale).toFixed(0)} at most)`,
    );
  }
  rmSync(own, { recursive: true });
}

/** Events a second of iotrace, end to end, over those of the tools that people have; all of this run. */
async function others(folder: string, text: number): Promise<void> {
  print('');
  for (const { name, ours, theirs, wanted } of await compareTools(folder, EVENTS, text))
    printRates(name, ours, theirs, wanted);
}

/** Events a millisecond of iotrace and of another tool. */
function printRates(name: string, ours: number, theirs: number, wanted: number): void {
  print(
    `${name}: ${(ours / 1000).toFixed(2)} to ${(theirs / 1000).toFixed(2)} M events/s, ${(ours / theirs).toFixed(1)} times (aim ${wanted})`,
  );
}

/** `text`: from the tracer's text to the report, without a bundle between them. */
async function measure(folder: string, events: number): Promise<{ drawn: DrawnRecording; text: Run }> {
  const own = join(folder, String(events));
  mkdirSync(own);
  const drawn = drawRecording(own, events);
  print(`\nsynthetic recording: ${drawn.events} events, ${drawn.requests} requests`);
  const files = ['--host', drawn.host, '--guest', drawn.guest, '--ground-truth', drawn.log];
  const text = await runCli('report', '--min-grade', 'F', ...files);
  printRun('report of its text', text, drawn.events);
  const bundle = join(own, 'drawn.iotrace.zip');
  printRun('import', await runCli('import', ...files, '-o', bundle), drawn.events);
  printRun('report of the bundle', await runCli('report', '--min-grade', 'F', bundle), drawn.events);
  for (const { name, ms } of await timeSteps(drawn)) print(`  ${seconds(ms).padStart(8)}  ${name}`);
  rmSync(own, { recursive: true });
  return { drawn, text };
}

function rate(events: number, ms: number): string {
  return `${(events / ms / 1000).toFixed(2)} M events/s`;
}

function printRun(name: string, { wallMs, cpuMs, peakMb }: Run, events: number): void {
  const bytes = ((peakMb * 2 ** 20) / events).toFixed(0);
  print(
    `${name}: ${seconds(wallMs)} (CPU ${seconds(cpuMs)}), ${rate(events, wallMs)}, peak ${peakMb.toFixed(0)} MiB: ${bytes} bytes an event`,
  );
}

/** Reports of the samples that are in the tree. */
async function samples(): Promise<void> {
  if (!existsSync(SAMPLES)) return;
  print('');
  for (const name of readdirSync(SAMPLES).filter((file) => file.endsWith('.iotrace.zip'))) {
    const run = await runCli('report', '--min-grade', 'F', join(SAMPLES, name));
    print(
      `report of ${name}: ${seconds(run.wallMs)} (CPU ${seconds(run.cpuMs)}), ${run.peakMb.toFixed(0)} MiB`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), 'iotrace-bench-'));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
