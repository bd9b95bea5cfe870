/**
 * What observing costs: fio reads a loop device in memory at queue depth 1, untraced and observed in several ways, in turn. Printed are the means
 * of fio itself and ratios of one run; nothing is asserted. Needs root, fio and losetup; what a machine lacks is named. All of it runs on
 * one CPU (taskset, in package.json): else an observer that keeps a second CPU awake makes the loop device's worker start sooner,
 * and seems to cost less than nothing.
 *
 *   npm run bench:observer             OBSERVER_ROUNDS and OBSERVER_IOS: how often, and reads each time
 */
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fioReads } from './fio-reads.ts';
import { type Observer, observers } from './observers.ts';

const run = promisify(execFile);
const ROUNDS = Number(process.env['OBSERVER_ROUNDS'] ?? 5);
const READS = Number(process.env['OBSERVER_IOS'] ?? 20_000);
const MEMORY = '/dev/shm';
const MIB = 1024 ** 2;
const IMAGE_MIB = 64;

const print = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(MEMORY, 'iotrace-observer-'));
  let loop: string | undefined;
  try {
    loop = await loopDevice(join(folder, 'image'));
    const reads = fioReads(folder, loop, READS);
    print(
      `${cpus().length} cores, Linux ${release()}, load ${loadavg()[0]!.toFixed(1)}; fio, 4 KiB random reads of ${loop}, all on CPU 0`,
    );
    print(`${ROUNDS} rounds of ${READS} reads each, in turn`);
    const all = await observers(folder, loop, READS);
    const means = new Map<Observer, number[]>(all.map((each) => [each, []]));
    for (let round = 0; round < ROUNDS; round++)
      // Another one comes first each time.
      for (const each of [...all.slice(round % all.length), ...all.slice(0, round % all.length)])
        await observe(each, reads, means.get(each)!);
    printTable(all, means);
  } finally {
    if (loop !== undefined) await run('losetup', ['-d', loop]);
    await rm(folder, { recursive: true });
  }
}

async function observe(
  observer: Observer,
  reads: ReturnType<typeof fioReads>,
  means: number[],
): Promise<void> {
  if (observer.fault !== undefined) return;
  try {
    await observer.around(reads.command);
    means.push(await reads.meanUs());
  } catch (error) {
    observer.fault = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  }
}

function printTable(all: readonly Observer[], means: ReadonlyMap<Observer, number[]>): void {
  const untraced = means.get(all[0]!)!;
  const added = new Map<string, number>();
  print('\nobserved by                      mean µs   adds µs (median; least to most)   of perf record');
  for (const observer of all) {
    const own = means.get(observer)!;
    if (observer.fault !== undefined || own.length < ROUNDS) {
      print(`${observer.name.padEnd(32)} not observed: ${observer.fault ?? 'it did not run in every round'}`);
      continue;
    }
    const differences = own.map((mean, round) => mean - untraced[round]!).sort((a, b) => a - b);
    added.set(observer.name, median(differences));
    const perf = added.get('perf record');
    const spread = `${differences[0]!.toFixed(1)} to ${differences.at(-1)!.toFixed(1)}`;
    print(
      `${observer.name.padEnd(32)} ${median(own).toFixed(1).padStart(7)}` +
        (observer === all[0]
          ? ''
          : `   ${median(differences).toFixed(1).padStart(7)}; ${spread.padEnd(24)} ${perf === undefined || perf <= 0 ? '' : (median(differences) / perf).toFixed(2)}`),
    );
  }
  printRatio(added, 'iotrace, tracefs (default)', 'perf record', 1);
  printRatio(added, 'iotrace, tracefs (default)', 'bpftrace printf', 1 / 5);
}

function printRatio(added: ReadonlyMap<string, number>, what: string, of: string, most: number): void {
  const [a, b] = [added.get(what), added.get(of)];
  if (a === undefined || b === undefined) {
    print(`${what} against ${of}: not observed`);
    return;
  }
  if (a <= 0 || b <= 0) {
    print(`${what} against ${of}: not told, this machine’s other load is more than what one of them adds`);
    return;
  }
  print(
    `${what} adds ${(a / b).toFixed(2)} of what ${of} adds (${a / b <= most ? 'at' : 'NOT at'} most ${most})`,
  );
}

function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length / 2;
  return (ascending[Math.floor(middle)]! + ascending[Math.ceil(middle) - 1]!) / 2;
}

async function loopDevice(image: string): Promise<string> {
  const file = await open(image, 'wx');
  for (let at = 0; at < IMAGE_MIB; at++) await file.write(Buffer.alloc(MIB, at + 1));
  await file.close();
  const { stdout } = await run('losetup', ['-f', '--show', image]);
  return stdout.trim();
}

await main();
