/** Ways to observe a command: with the points that `iotrace record` takes of the same device, or as the tool itself does. */
import { execFile, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listBlockDevices } from '../../../src/capture/block-devices.ts';
import { diskPoints } from '../../../src/capture/disk-points.ts';
import { interruptNames } from '../../../src/capture/machine-facts.ts';
import { findPoints } from '../../../src/capture/tracefs/find-points.ts';
import { findTracefs } from '../../../src/capture/tracefs/trace-files.ts';
import { TRACER_NAMES } from '../../../src/capture/tracer-names.ts';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('../../../../../../dist/src/cli.js', import.meta.url));
const READY_MS = 60_000;

export interface Observer {
  readonly name: string;
  /** Runs the command, observed. */
  around(command: readonly string[]): Promise<void>;
  /** Why it could not; then it is not asked again. */
  fault?: string;
}

/** All of them; the first observes nothing. */
export async function observers(folder: string, device: string, reads: number): Promise<Observer[]> {
  const points = await pointNames(device);
  return [
    { name: 'nothing', around: runs },
    perfRecord(folder, points),
    ...TRACER_NAMES.map((tracer) => iotrace(folder, tracer)),
    printf(folder, points),
    whileRunning('biosnoop (bcc)', 'biosnoop-bpfcc', [], /TIME/, reads),
    whileRunning('biosnoop (bpftrace)', 'biosnoop.bt', [], /TIME/, reads),
  ];
}

async function pointNames(device: string): Promise<string[]> {
  const disk = (await listBlockDevices()).find(({ name }) => device.endsWith(`/${name}`))!;
  const { found } = await findPoints(await findTracefs(), diskPoints(disk, await interruptNames()));
  return found.flatMap((point) => (point.kind === 'tracepoint' ? [`${point.system}:${point.name}`] : []));
}

async function runs([file, ...args]: readonly string[]): Promise<void> {
  await run(file!, args);
}

function iotrace(folder: string, tracer: string): Observer {
  const bundle = join(folder, 'bundle.zip');
  return {
    name: tracer === 'tracefs' ? 'iotrace, tracefs (default)' : `iotrace, ${tracer}`,
    async around(command) {
      await rm(bundle, { force: true });
      const args = ['record', '--no-report', '--tracer', tracer, '-o', bundle, '--', ...command];
      await run(process.execPath, [CLI, ...args]);
    },
  };
}

function perfRecord(folder: string, points: readonly string[]): Observer {
  const file = join(folder, 'perf.data');
  const events = points.flatMap((point) => ['-e', point]);
  return {
    name: 'perf record',
    async around(command) {
      await run('perf', ['record', '-q', '-a', '-o', file, ...events, '--', ...command]);
    },
  };
}

/** The way most bpftrace scripts are written: a line for each event. */
function printf(folder: string, points: readonly string[]): Observer {
  const script = join(folder, 'printf.bt');
  const blocks = points.map(
    (point, index) => `tracepoint:${point} { printf("%llu %d %d %s ${index}\\n", nsecs, cpu, tid, comm); }`,
  );
  const text = ['BEGIN { printf("ready\\n"); }', ...blocks].join('\n');
  const observer = whileRunning('bpftrace printf', 'bpftrace', [script], /ready/);
  return {
    name: observer.name,
    async around(command) {
      await writeFile(script, text);
      await observer.around(command);
    },
  };
}

/**
 * A program that observes the whole machine from when it prints that it does until it is interrupted. One that prints fewer lines than
 * `least` saw nothing: biosnoop of bpftrace 0.20 and older goes on where it could attach none of its kprobes.
 */
function whileRunning(
  name: string,
  program: string,
  args: readonly string[],
  ready: RegExp,
  least = 0,
): Observer {
  return {
    name,
    async around(command) {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      let lines = 0;
      const ended = new Promise<void>((done) => {
        child.once('close', () => done());
        child.once('error', () => done());
      });
      const isReady = new Promise<boolean>((done) => {
        const look = (part: Buffer) => {
          for (const byte of part) if (byte === 0x0a) lines++;
          if (said.length < 65_536) said += part.toString('latin1');
          if (ready.test(said)) done(true);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        void ended.then(() => done(false));
        setTimeout(done, READY_MS, false).unref();
      });
      try {
        if (!(await isReady))
          throw new Error(`${program}: ${said.trim().split('\n').at(-1) || 'it did not start'}`);
        await runs(command);
      } finally {
        child.kill('SIGINT');
        await ended;
      }
      if (lines < least) throw new Error(`${program} saw ${lines} of ${least} requests`);
    },
  };
}
