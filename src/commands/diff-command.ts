/** The command line of `iotrace diff`. */
import { type Command, Option } from 'commander';
import { EXIT_CODES } from '../errors.ts';
import { tscHzOption } from './option-values.ts';
import { checkPng, deliver, drawnAs, finish, say, terminalWidth, wantsColor } from './output.ts';

const FORMATS = ['terminal', 'markdown', 'html', 'json', 'svg', 'png'] as const;

/** Adds `iotrace diff` to the program. */
export function addDiff(program: Command): void {
  program
    .command('diff')
    .description('say which stage differs between two recordings, or sets of repeated runs')
    .argument('[a]', 'before: a bundle, fio JSON, or a folder of repeated runs')
    .argument('[b]', 'after: the same')
    .option('--before <file...>', 'runs of A, instead of the first argument', [])
    .option('--after <file...>', 'runs of B, instead of the second', [])
    .addOption(new Option('-f, --format <format>', 'how to print').choices(FORMATS).default('terminal'))
    .option('-o, --output <file>', 'write to a file instead of stdout (- is stdout)')
    .option('--force', 'compare although queue depth, request size or direction differ', false)
    .option('--path <name>', 'take this I/O path for all, instead of detecting it')
    .addOption(tscHzOption())
    .action(async (a: string | undefined, b: string | undefined, options) => {
      const before = [...(a === undefined ? [] : [a]), ...options.before];
      const after = [...(b === undefined ? [] : [b]), ...options.after];
      if (before.length === 0 || after.length === 0)
        program.error('error: two sides are needed: A and B, or --before and --after', {
          exitCode: EXIT_CODES.usage,
        });
      checkPng(program, options);
      const { diff } = await import('./diff.ts');
      const color = options.output === undefined && wantsColor();
      const how = { ...options, format: drawnAs(options.format), color, width: terminalWidth() };
      await deliver(await finish(await diff(before, after, how, say), options.format), options.output);
    });
}
