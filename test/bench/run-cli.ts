import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What one run of the program took. */
export interface Run {
  readonly wallMs: number;
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  /** Most memory the program had at once. */
  readonly peakMb: number;
  readonly exitCode: number;
}

const CLI = fileURLToPath(new URL('../../../../../dist/bin/cli.js', import.meta.url));
const REPORTER = new URL('./report-usage.js', import.meta.url).href;

/** Runs dist/bin/cli.js; what it prints is thrown away. Rejects when it fails in a way that is no grade. */
export async function runCli(...options: string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', REPORTER, CLI, ...options], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // Node reads these at each start where they are set; nothing here asks for them.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
  });
  const [said, usage] = [collect(child.stdio[2]), collect(child.stdio[3])];
  const exitCode = await new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
  const wallMs = performance.now() - began;
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`iotrace ${options.join(' ')}: ${said()}`);
  return { wallMs, exitCode, ...(JSON.parse(usage()) as { cpuMs: number; peakMb: number }) };
}

function collect(stream: unknown): () => string {
  let text = '';
  (stream as NodeJS.ReadableStream).on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  return () => text;
}
