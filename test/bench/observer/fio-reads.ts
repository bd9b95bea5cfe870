import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFioJson } from '../../../parsers/facts/fio-json.ts';

/** fio's command line, and the mean of its last run in µs. Its JSON goes to a file, so that who observes it may print. */
export function fioReads(
  folder: string,
  device: string,
  reads: number,
): { readonly command: readonly string[]; meanUs(): Promise<number> } {
  const output = join(folder, 'fio.json');
  return {
    command: [
      ...['fio', '--name=observed', `--filename=${device}`, '--readonly', '--rw=randread', '--bs=4k'],
      ...['--ioengine=psync', '--iodepth=1', '--direct=1', `--number_ios=${reads}`],
      // The file is smaller than that many reads: without a size of all I/O fio ends when it has read it once.
      '--io_size=1g',
      ...['--output-format=json', `--output=${output}`],
    ],
    async meanUs() {
      const { data } = parseFioJson(await readFile(output, 'utf8'));
      if (data?.requests !== reads)
        throw new Error(`fio made ${data?.requests ?? 'no'} requests of ${reads}`);
      return data.meanNs / 1000;
    },
  };
}
