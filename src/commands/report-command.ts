/** `iotrace report` and `iotrace import`: their options. Both read raw files; one prints what the other keeps. */
import { type Command, Option } from 'commander';
import { EXIT_CODES } from '../errors.ts';
import { bigint, nodes, tscHzOption } from './option-values.ts';
import { checkPng, deliver, drawnAs, finish, say, terminalWidth, wantsColor } from './output.ts';
import type { RawFiles } from './plan-import.ts';

const GRADES = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
const FORMATS = ['terminal', 'markdown', 'html', 'json', 'svg', 'png', 'csv'] as const;
/** Formats whose text is a whole file: two behind each other are none. */
const WHOLE_FILES: ReadonlySet<string> = new Set(['html', 'svg', 'png', 'csv']);

/** Adds the command that prints the breakdown of recordings. */
export function addReport(program: Command): void {
  const command = program
    .command('report')
    .description('print the breakdown of recordings')
    .argument('[bundle...]', 'bundles (NAME.iotrace.zip), or folders of raw files as import takes them')
    .addOption(new Option('-f, --format <format>', 'how to print').choices(FORMATS).default('terminal'))
    .option('-o, --output <file>', 'write to a file instead of stdout (- is stdout)')
    .option('--picture <file>', 'write a picture as well, .svg or .png; -f markdown refers to it')
    .option('--path <name>', 'take this I/O path instead of detecting it')
    .addOption(
      new Option('--min-grade <letter>', 'exit with 3 below this grade').choices(GRADES).default('D'),
    )
    .addOption(tscHzOption());
  addRawFiles(command).action(async (given: string[], options) => {
    const usage = (text: string) => command.error(`error: ${text}`, { exitCode: EXIT_CODES.usage });
    const raw = rawFilesOf(options);
    if (given.length === 0 && raw === undefined) usage('name a bundle, or raw files with --host and --guest');
    if (given.length > 1 && raw !== undefined) usage('raw files are of one recording');
    const alone = options.picture === undefined ? `-f ${options.format}` : '--picture';
    if (given.length > 1 && (WHOLE_FILES.has(options.format) || options.picture !== undefined))
      usage(`${alone} makes a file of one bundle`);
    checkPng(program, options);
    const color = options.output === undefined && wantsColor();
    const how = { ...options, format: drawnAs(options.format), color, width: terminalWidth() };
    const { beginFiles, endBegun } = await import('./file-threads.ts');
    // Threads read while the rest of the program is loaded.
    if (raw !== undefined) beginFiles([...raw.host, ...raw.guest]);
    const { beginAhead } = await import('./ahead-worker.ts');
    if (raw?.host.length === 1 && raw.guest.length === 0) beginAhead(raw.host[0]!);
    try {
      const { reportBundles, reportRawFiles } = await import('./report.ts');
      const { text, exitCode } =
        raw === undefined
          ? await reportBundles(given, how, say)
          : await reportRawFiles({ ...raw, folder: given[0] }, how, say);
      await deliver(await finish(text, options.format), options.output);
      process.exitCode = exitCode;
    } finally {
      await endBegun();
    }
  });
}

/** Adds the command that makes a bundle. */
export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description('make a bundle of raw trace files')
    .argument('[folder]', 'folder of mixed files: traces, ground truth and facts, told by their content');
  addRawFiles(command)
    .option('--path <name>', 'the I/O path, instead of detecting it')
    .option('--title <text>', 'what the report calls the recording')
    .requiredOption('-o, --output <file>', 'the bundle to write')
    .action(async (folder: string | undefined, options) => {
      const { importRecording } = await import('./import.ts');
      await importRecording({ ...options, folder }, say);
    });
}

/** The options that name raw files. */
function addRawFiles(command: Command) {
  return command
    .option('--host <file...>', 'streams recorded on the host', [])
    .option('--guest <file...>', 'streams recorded in the guest', [])
    .option('--ground-truth <file>', 'the application’s own times: a request log, or fio JSON')
    .option('--latency-log <file>', 'fio’s latencies of single requests (--write_lat_log), beside its JSON')
    .addOption(
      new Option('--tsc-offset <ticks>', 'KVM’s tsc-offset: guest TSC less host TSC').argParser(bigint),
    )
    .option('--facts <dir>', 'folder of what was read off the machines')
    .addOption(
      new Option('--host-nodes <nodes>', 'CPUs of the host’s NUMA nodes, like 0:0-1,1:2-3').argParser(nodes),
    );
}

/** What the options name of raw files; undefined when that is nothing. */
function rawFilesOf({
  host,
  guest,
  groundTruth,
  latencyLog,
  tscOffset,
  facts,
  hostNodes,
}: Omit<RawFiles, 'host' | 'guest'> & { host: string[]; guest: string[] }): RawFiles | undefined {
  const others = [groundTruth, latencyLog, tscOffset, facts, hostNodes];
  if (host.length + guest.length === 0 && others.every((option) => option === undefined)) return undefined;
  return { host, guest, groundTruth, latencyLog, tscOffset, facts, hostNodes };
}
