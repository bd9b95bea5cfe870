/**
 * The host: a machine that QEMU emulates (never with this machine's /dev/kvm), with KVM of its own, two NUMA nodes and an
 * NVMe drive on each. It is reached by ssh; whoever asks something of it says how long that may take.
 */
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type Emulator, emulatorArguments } from './emulator.ts';
import type { Image } from './image/build-image.ts';

/** What a command in the host came to. */
export interface Answer {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True: it was not done in time, or the connection broke. The host is not to be trusted any more. */
  readonly wedged: boolean;
}

const BOOT_LIMIT_MS = 120_000;
/** For ssh to end and close its pipes when its time is up. */
const PIPES_LIMIT_MS = 2000;
/** ssh's own exit status when there is no connection (any more). */
const SSH_FAILED = 255;

/** A booted host. `stop` in any case: it ends the emulator and removes what belongs to this boot. */
export class LiveHost {
  /** Folder the host sees as /out. */
  readonly out: string;
  readonly bootMs: number;
  private readonly image: Image;
  private readonly folder: string;
  private readonly pid: number;
  private readonly port: number;

  private constructor(image: Image, folder: string, pid: number, port: number, bootMs: number) {
    this.image = image;
    this.folder = folder;
    this.out = join(folder, 'out');
    this.pid = pid;
    this.port = port;
    this.bootMs = bootMs;
  }

  /** Boots an image. `folder`: for what belongs to this boot. Throws when it does not come up in two minutes. */
  static async boot(image: Image, emulator: Emulator, project: string, folder: string): Promise<LiveHost> {
    const began = Date.now();
    await rm(folder, { recursive: true, force: true });
    const out = join(folder, 'out');
    const node = join(folder, 'node');
    for (const each of [out, node]) await mkdir(each, { recursive: true });
    // Shared as a folder of its own: 9p shares folders, and this machine's Node lies among all its programs.
    await execa('cp', [process.execPath, join(node, 'node')]);
    // A copy: whoever builds meanwhile does not change what is being judged.
    const dist = join(folder, 'dist');
    await execa('cp', ['-a', join(project, 'dist'), dist]);
    const drives = [0, 1].map((index) => join(folder, `nvme${index}.raw`));
    for (const drive of drives) {
      await writeFile(drive, '');
      await truncate(drive, DRIVE_BYTES);
    }
    const port = await freePort();
    const console = join(folder, 'console');
    const pidFile = join(folder, 'pid');
    const parts = { image, drives, port, project, dist, node, out, console, pidFile };
    await execa(emulator.program, [...emulator.leading, ...emulatorArguments(parts)], {
      env: { ...emulator.env, TMPDIR: folder },
    });
    const pid = Number(await readFile(pidFile, 'utf8'));
    emulators.add(pid);
    for (;;) {
      const text = await readFile(console, 'latin1').catch(() => '');
      if (text.includes('lab: host up')) break;
      if (Date.now() - began > BOOT_LIMIT_MS || /Kernel panic|Oops/.test(text) || !isRunning(pid)) {
        end(pid);
        throw new Error(`the host did not come up; its console ends:\n${text.slice(-1500)}`);
      }
      await sleep(200);
    }
    const host = new LiveHost(image, folder, pid, port, Date.now() - began);
    const mount =
      'mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro dist /project/dist';
    const { exitCode, stderr } = await host.run(mount, BOOT_LIMIT_MS);
    if (exitCode === 0) return host;
    await host.stop();
    throw new Error(`the host does not see the built iotrace: ${stderr}`);
  }

  /** Runs a command of the host's shell. A command that fails is an answer, not an error. */
  async run(command: string, limitMs: number): Promise<Answer> {
    const timeout = Math.max(1, limitMs);
    const ssh = execa(
      'ssh',
      [...this.sshOptions(), 'root@127.0.0.1', `PATH=/node:$PATH; ulimit -l unlimited; ${command}`],
      { timeout, reject: false, stdin: 'ignore', maxBuffer: 1 << 26 },
    );
    // The kept connection has the pipes too, and does not close them while the host is stuck.
    const giveUp = setTimeout(() => {
      ssh.stdout.destroy();
      ssh.stderr.destroy();
    }, timeout + PIPES_LIMIT_MS);
    const { exitCode, stdout, stderr, timedOut } = await ssh;
    clearTimeout(giveUp);
    const wedged = timedOut || exitCode === undefined || exitCode === SSH_FAILED;
    return { exitCode, stdout, stderr, wedged };
  }

  /** The last lines of its console, for a failure's text. */
  async consoleTail(): Promise<string> {
    return (await readFile(join(this.folder, 'console'), 'latin1').catch(() => '')).slice(-1500);
  }

  /** Ends the emulator: the disk is a snapshot, so nothing has to be put in order. What it wrote to `out` stays. */
  async stop(): Promise<void> {
    await execa('ssh', [...this.sshOptions(), '-O', 'exit', 'root@127.0.0.1'], {
      reject: false,
      timeout: 5000,
    });
    end(this.pid);
    for (let attempt = 0; attempt < 50 && isRunning(this.pid); attempt++) await sleep(100);
    for (const name of ['nvme0.raw', 'nvme1.raw', 'node', 'dist', 'pid'])
      await rm(join(this.folder, name), { recursive: true, force: true });
  }

  /** One connection is kept: the key exchange takes a second under emulation. */
  private sshOptions(): string[] {
    const settings = {
      StrictHostKeyChecking: 'no',
      UserKnownHostsFile: '/dev/null',
      LogLevel: 'ERROR',
      KexAlgorithms: 'curve25519-sha256',
      ConnectTimeout: '20',
      ServerAliveInterval: '15',
      ServerAliveCountMax: '4',
      ControlMaster: 'auto',
      ControlPersist: '600',
      ControlPath: join(this.folder, 'ssh'),
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    return ['-F', 'none', '-i', this.image.key, '-p', String(this.port), ...options];
  }
}

const DRIVE_BYTES = 256 << 20;

/** Those that run. Each is a daemon, which Ctrl-C at the lab's terminal does not reach. */
const emulators = new Set<number>();
process.once('exit', () => emulators.forEach(end));

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function end(pid: number): void {
  if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  emulators.delete(pid);
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address === null || typeof address === 'string' ? failed() : done(address.port)));
    });
  });
}
