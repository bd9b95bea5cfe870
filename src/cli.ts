#!/usr/bin/env node
/** The program: command line in, exit code out. Commands are loaded when asked for, so that --help is quick. */
import { Command, CommanderError, Option } from 'commander';
import { DETAILS } from './commands/detail.ts';
import { addDiff } from './commands/diff-command.ts';
import { addDoctor, addLs } from './commands/looking-commands.ts';
import { atLeast, size, tscHzOption } from './commands/option-values.ts';
import { deliver, say, terminalWidth, wantsColor } from './commands/output.ts';
import type { RecordGuestOptions } from './commands/record-guest.ts';
import { addImport, addReport } from './commands/report-command.ts';
import { TRACER_CHOICES } from './commands/tracer-choices.ts';
import { EXIT_CODES, IotraceError, messageOf } from './errors.ts';
import { version } from './version.ts';

const EXPORTS = ['ndjson', 'csv', 'parquet', 'perfetto'] as const;

function addTune(program: Command): void {
  program
    .command('tune')
    .description('write what a recording calls for into a libvirt domain XML, as a diff')
    .argument('<bundle>', 'a bundle (NAME.iotrace.zip)')
    .requiredOption('--xml <file>', 'the domain, as virsh dumpxml prints it (- is stdin)')
    .option('--disk <target>', 'the traced disk, where the domain has several: vdb')
    .option('-o, --output <file>', 'file to write (- is stdout)', '-')
    .action(async (bundle: string, options) => {
      const { tune } = await import('./commands/tune.ts');
      await deliver(await tune(bundle, options, say), options.output);
    });
}

function addShare(program: Command): void {
  program
    .command('share')
    .description('make a copy for a public bug tracker: names replaced, the figures the same')
    .argument('<bundle>', 'a bundle (NAME.iotrace.zip)')
    .option('-o, --output <file>', 'the copy to write (default: NAME-shared.iotrace.zip)')
    .option(
      '--dry-run',
      'write nothing, list every name that would be replaced and all that would be left out',
    )
    .addOption(
      new Option('--max-size <size>', 'keep only as many whole requests as fit, like 25MB').argParser(size),
    )
    .option('--path <name>', 'take this I/O path instead of detecting it')
    .addOption(tscHzOption())
    .action(async (bundle: string, options) => {
      const { share } = await import('./commands/share.ts');
      await deliver(await share(bundle, options, say), undefined);
    });
}

function addExport(program: Command): void {
  program
    .command('export')
    .description('write the requests for other programs: scripts, SQL, the Perfetto UI')
    .argument('<bundle>', 'a bundle (NAME.iotrace.zip)')
    .addOption(new Option('--to <format>', 'what to write').choices(EXPORTS).default('ndjson'))
    .option('-o, --output <file>', 'file to write (- is stdout)', '-')
    .option('--path <name>', 'take this I/O path instead of detecting it')
    .addOption(tscHzOption())
    .action(async (bundle: string, options) => {
      const { exportRequests } = await import('./commands/export.ts');
      await exportRequests(bundle, options.output, options, say);
    });
}

function addExplain(program: Command): void {
  program
    .command('explain')
    .description('say what a path, stage, point or finding is')
    .argument('[name]', 'a path, stage, point or finding; without one, what there is')
    .action(async (name: string | undefined) => {
      const { explain } = await import('./commands/explain.ts');
      await deliver(explain(name, terminalWidth()), undefined);
    });
}

/** How a report that ends a recording looks. */
function reportOptions() {
  return { format: 'terminal', minGrade: 'D', color: wantsColor(), width: terminalWidth() } as const;
}

function addRecord(program: Command): void {
  program
    .command('record')
    .description('record a guest’s disk, or this machine’s own, and print the breakdown')
    .argument('[guest]', 'name, UUID or pid of a running guest (iotrace ls); without one, this machine')
    .argument('[workload...]', 'behind --: command to run and record; else all that reads and writes')
    .option(
      '--disk <dev>',
      'the guest’s disk by its id; this machine’s like vda, else the one the workload’s files or this folder lie on',
    )
    .option('--guest-ssh <user@host>', 'record inside the guest too, as root over ssh')
    .option(
      '--guest-exec <command>',
      'the same by a command that gives a root shell there, without a question',
    )
    .option('--guest-disk <dev>', 'the disk’s name in the guest, where it has several')
    .option('--guest-run', 'run the command in the guest')
    .option('--qemu-log <file>', 'of a guest: take QEMU’s own trace log (-D) into the recording')
    .addOption(
      new Option(
        '--detail <how>',
        'of a guest: the kernel’s points, or functions of QEMU too, each about a microsecond a request',
      )
        .choices(DETAILS)
        .default('kernel'),
    )
    .addOption(
      new Option('--guest-buffer <kib>', 'trace buffer of each CPU of the guest')
        .argParser(atLeast(64))
        .default(16384),
    )
    .addOption(new Option('--duration <s>', 'end after so many seconds').argParser(atLeast(0.1, true)))
    .addOption(new Option('--requests <n>', 'end when the disk has completed so many').argParser(atLeast(1)))
    .addOption(new Option('--tracer <name>', 'what records').choices(TRACER_CHOICES).default('auto'))
    .addOption(
      new Option('--buffer <kib>', 'trace buffer of each CPU (default: 4096 to 32768)').argParser(
        atLeast(64),
      ),
    )
    .option('-o, --output <file>', 'the bundle to write (default: NAME-TIME.iotrace.zip)')
    .option('--title <text>', 'what the report calls the recording')
    .option(
      '--calibrate',
      'first measure what tracing adds to a request: eight windows without and with it, or the command eight times',
    )
    .addOption(
      new Option(
        '--histogram',
        'count in the kernel instead (bpftrace): for hours, at a fixed cost of memory; no request is followed',
      ).conflicts(['scheduler', 'memorySamples', 'calibrate', 'qemuLog']),
    )
    .option('--scheduler', 'record switches of tasks and idle states of CPUs as well')
    .option('--memory-samples', 'sample loads of memory with perf c2c as well, where the processor can')
    .option('--no-report', 'write the bundle only; iotrace report reads it anywhere')
    .action(async (_guest: string | undefined, _workload: string[], options, command: Command) => {
      const { guest, workload } = splitOperands(command);
      process.off('SIGINT', interrupted);
      const result = await recordOf(guest, workload, options);
      await deliver(result.text, undefined);
      process.exitCode = result.exitCode;
    });
}

async function recordOf(
  guest: string | undefined,
  workload: readonly string[],
  options: Omit<RecordGuestOptions, 'guest'> & { readonly histogram?: boolean },
) {
  if (options.histogram === true) {
    const { recordHistogram } = await import('./commands/record-histogram.ts');
    return recordHistogram({ ...options, guest, width: terminalWidth() }, workload, say);
  }
  if (guest === undefined) {
    const { record } = await import('./commands/record.ts');
    return record(options, workload, reportOptions(), say);
  }
  const { recordGuest } = await import('./commands/record-guest.ts');
  return recordGuest({ ...options, guest }, workload, reportOptions(), say);
}

/** What stands before `--` and behind it; commander itself does not tell. */
function splitOperands(command: Command): { guest: string | undefined; workload: string[] } {
  const mark = process.argv.indexOf('--');
  const workload = mark === -1 ? [] : process.argv.slice(mark + 1);
  const before = command.args.slice(0, command.args.length - workload.length);
  if (before.length > 1)
    command.error(`error: one guest at a time; the command to run stands behind --`, {
      exitCode: EXIT_CODES.usage,
    });
  return { guest: before[0], workload };
}

function addDemo(program: Command): void {
  program
    .command('demo')
    .description('record a few seconds of reads from this machine’s own disk, or show a sample')
    .option('-o, --output <file>', 'keep the bundle')
    .action(async ({ output }: { output?: string }) => {
      const { demo } = await import('./commands/demo.ts');
      process.off('SIGINT', interrupted);
      const result = await demo(output, reportOptions(), say);
      await deliver(result.text, undefined);
      process.exitCode = result.exitCode;
    });
}

function buildProgram(): Command {
  const program = new Command('iotrace')
    .description('Says where the microseconds of a KVM guest’s disk request go.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(iotrace --help, or iotrace COMMAND --help)')
    .addHelpText(
      'after',
      '\nExit status: 0 ok, 1 failed, 2 usage, 3 printed but graded below --min-grade (doctor: not complete), 130 interrupted.',
    );
  addLs(program);
  addDoctor(program);
  addRecord(program);
  addDemo(program);
  addReport(program);
  addDiff(program);
  addImport(program);
  addTune(program);
  addShare(program);
  addExport(program);
  addExplain(program);
  return program;
}

/** Commands that have something to finish listen themselves. */
function interrupted(): never {
  process.exit(EXIT_CODES.interrupted);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  if (error instanceof IotraceError) {
    say(`iotrace: ${error.message}`);
    if (error.hint !== undefined) say(error.hint);
    return error.exitCode;
  }
  say(`iotrace: ${messageOf(error)}`);
  if (process.env['IOTRACE_DEBUG'] !== undefined && error instanceof Error) say(error.stack ?? '');
  return EXIT_CODES.failed;
}

// A reader that stops early (head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT_CODES.ok : EXIT_CODES.failed),
);
process.on('SIGINT', interrupted);

try {
  await buildProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
