/** Command lines of what only looks at this machine: `ls` and `doctor`. */
import { type Command, Option } from 'commander';
import { DETAILS } from './detail.ts';
import { deliver, say, terminalWidth } from './output.ts';

/** Adds `ls`. */
export function addLs(program: Command): void {
  program
    .command('ls')
    .description('list the running guests: disks and their paths, threads, pinning, NUMA nodes')
    .option('--json', 'print JSON, for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const { listGuests } = await import('./ls.ts');
      await deliver(await listGuests({ json, width: terminalWidth() }), undefined);
    });
}

/** Adds `doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'say which points of a path can be seen here, by which tracer, and what to do about the rest',
    )
    .argument(
      '[guest]',
      'name, UUID or pid of a running guest (iotrace ls); without one, this machine’s disk',
    )
    .option('--disk <dev>', 'the guest’s disk by its id; this machine’s like vda, else that of this folder')
    .option('--path <name>', 'look at this I/O path (iotrace explain)')
    .addOption(
      new Option('--detail <how>', 'the kernel’s points, or functions of QEMU too')
        .choices(DETAILS)
        .default('kernel'),
    )
    .option('--guest-ssh <user@host>', 'look inside the guest too, as root over ssh')
    .option('--guest-exec <command>', 'the same by a command that gives a root shell there')
    .option('--json', 'print JSON, for programs')
    .addHelpText(
      'after',
      '\nExit status: 0 a recording would be complete, 3 it would not, 1 and 2 as always.',
    )
    .action(async (guest: string | undefined, options) => {
      const { doctor } = await import('./doctor.ts');
      const result = await doctor({ ...options, guest, width: terminalWidth() }, say);
      await deliver(result.text, undefined);
      process.exitCode = result.exitCode;
    });
}
