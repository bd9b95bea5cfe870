/** The log that fio writes of its single requests, where its command line asks for one. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

const OPTION = '--write_lat_log';

/** What fio was told to begin the names of its logs with; undefined where it was not, or writes means of windows. */
function prefixOf(command: readonly string[]): string | undefined {
  if (!/(?:^|\/)fio$/.test(command[0] ?? '')) return undefined;
  if (command.some((argument) => /^--log_avg_msec(?:=|$)/.test(argument))) return undefined;
  const at = command.findLastIndex((argument) => argument === OPTION || argument.startsWith(`${OPTION}=`));
  if (at === -1) return undefined;
  const prefix = command[at] === OPTION ? command[at + 1] : command[at]!.slice(OPTION.length + 1);
  return prefix === undefined || prefix === '' ? undefined : prefix;
}

/**
 * The log of whole latencies that fio, run as `command` in `folder` since `sinceMs`, left behind; undefined where there is none, or
 * one of each of several jobs: nothing tells then which request is whose. (fio's HOWTO, "write_lat_log": PREFIX_lat.JOB.log)
 */
export async function latencyLogOf(
  command: readonly string[],
  folder: string,
  sinceMs: number,
): Promise<string | undefined> {
  const prefix = prefixOf(command);
  if (prefix === undefined) return undefined;
  const written = async (name: string) => {
    const found = await stat(resolve(folder, name)).catch(() => undefined);
    return found?.isFile() === true && found.mtimeMs >= sinceMs;
  };
  if (await written(`${prefix}_lat.2.log`)) return undefined;
  for (const name of [`${prefix}_lat.1.log`, `${prefix}_lat.log`])
    if (await written(name)) return resolve(folder, name);
  return undefined;
}
