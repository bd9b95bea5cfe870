import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's folder, where commands of the tests run. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const CLI = `${ROOT}dist/bin/cli.js`;

/** What a run of the program left. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the built program as a user's shell would, in a pipe. Rejects when the build is missing or older than a source file: a
 * test of yesterday's program would prove nothing.
 */
export async function runCli(args: readonly string[], cwd: string = ROOT): Promise<CliRun> {
  checkBuild();
  return new Promise((resolve, reject) => {
    const options = { cwd, env: cliEnv(), maxBuffer: 64 << 20 };
    execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(error);
    });
  });
}

/** The environment of a run: one language and time zone, nothing that changes what is printed. */
export function cliEnv(): NodeJS.ProcessEnv {
  const { NO_COLOR: _, FORCE_COLOR: __, IOTRACE_DEBUG: ___, ...rest } = process.env;
  return { ...rest, LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * A run as a Markdown page: command, exit status, what went to which stream. Blanks at the ends of lines are cut, so that editors
 * do not change a page.
 */
export function transcript(args: readonly string[], { exitCode, stdout, stderr }: CliRun): string {
  const block = (title: string, text: string) => {
    if (text === '') return `${title}: nothing\n`;
    const fence = text.includes('```') ? '````' : '```';
    return `${title}:\n\n${fence}text\n${text.replace(/[ \t]+$/gm, '').replace(/\n*$/, '\n')}${fence}\n`;
  };
  const command = ['iotrace', ...args.map((arg) => (/^[\w./:+=-]+$/.test(arg) ? arg : `'${arg}'`))].join(' ');
  return `# ${command}\n\nexit status ${exitCode}\n\n${block('stdout', stdout)}\n${block('stderr', stderr)}`;
}

let checked = false;

function checkBuild(): void {
  if (checked) return;
  const built = statSync(CLI, { throwIfNoEntry: false })?.mtimeMs;
  const changed = ['src', 'parsers'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  const late = changed.filter((file) => built === undefined || isLater(file));
  if (late.length > 0)
    throw new Error(
      `dist/ is ${built === undefined ? 'missing' : 'older than its sources'} (${late[0]}): npm run build first`,
    );
  checked = true;
}

/** Whether a source was changed after the last build, whose last step writes the script of the page. */
function isLater(file: string): boolean {
  const built = statSync(`${ROOT}dist/page/main.js`, { throwIfNoEntry: false })?.mtimeMs;
  return built === undefined || built < statSync(file).mtimeMs;
}
