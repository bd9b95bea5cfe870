/** What npm would publish: the right files, and a program that starts from them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliEnv, ROOT, runCli } from './cli/run-cli.ts';
import { sourceFiles } from './support/source-files.ts';

const run = promisify(execFile);

interface PackageJson {
  readonly version: string;
  readonly type: string;
  readonly bin: Record<string, string>;
  readonly engines: Record<string, string>;
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const readJson = async (name: string) => JSON.parse(await readFile(`${ROOT}${name}`, 'utf8'));

let folder: string;
let manifest: PackageJson;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
  manifest = await readJson('package.json');
  // Fails here, with a sentence, when dist/ is not of these sources.
  await runCli(['--version']);
  // The build is there already; a script of the package would build it again under the other tests' feet.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: ROOT, env: cliEnv() });
  const [packed] = JSON.parse(stdout);
  files = packed.files.map(({ path }: { path: string }) => path);
  await run('tar', ['-xzf', join(folder, packed.filename), '-C', folder]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe('the package', () => {
  it('holds the program, its schema, a sample and what to read', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'package.json',
        'dist/bin/cli.js',
        'dist/src/cli.js',
        'dist/page/main.js',
        'schema/report-1.schema.json',
        'samples/virtio-blk-iothread.iotrace.zip',
      ]),
    );
  });

  it('holds nothing else: no tests, no sources, no other samples', () => {
    const expected =
      /^(dist\/.+\.js|dist\/page\/page\.css|schema\/.+\.json|bpf\/(README\.md|(histograms\/)?[a-z0-9.-]+\.bt)|samples\/(README\.md|virtio-blk-iothread\.iotrace\.zip)|[A-Z]+(\.md)?|package\.json)$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
  });

  it('runs where it is installed', { timeout: 60_000 }, async () => {
    const installed = join(folder, 'package');
    await symlink(`${ROOT}node_modules`, join(installed, 'node_modules'));
    const cli = join(installed, manifest.bin['iotrace']!);
    expect((await readFile(cli, 'utf8')).startsWith('#!/usr/bin/env node\n')).toBe(true);
    const start = (...args: string[]) =>
      run(process.execPath, [cli, ...args], { cwd: folder, env: cliEnv() });
    expect((await start('--version')).stdout).toBe(`${manifest.version}\n`);
    const report = await start('report', join(installed, 'samples/virtio-blk-iothread.iotrace.zip'));
    expect(report.stdout).toContain('500 of 500 requests followed');
  });
});

describe('package.json', () => {
  it('asks for Node.js 20 and runs nothing when it is installed', () => {
    expect(manifest.engines['node']).toBe('>=20');
    expect(manifest.type).toBe('module');
    for (const hook of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts).not.toHaveProperty(hook);
  });

  it('lists every package the program imports', () => {
    const imported = new Set(sourceFiles('src', 'parsers').flatMap(({ packages }) => packages));
    const names = [...imported].map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
    expect(
      names.filter((name) => !(name in { ...manifest.dependencies, ...manifest.optionalDependencies })),
    ).toEqual([]);
  });

  it('agrees with the lock file, which names no registry', async () => {
    const lock = await readJson('package-lock.json');
    const { version, dependencies, devDependencies } = lock.packages[''];
    expect({ version, dependencies, devDependencies }).toEqual({
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    expect(JSON.stringify(lock)).not.toContain('"resolved":');
  });

  it('has every package it names in the lock file, or npm ci refuses it', async () => {
    const { packages } = await readJson('package-lock.json');
    const missing = Object.entries<LockEntry>(packages).flatMap(
      ([path, { dependencies, optionalDependencies }]) =>
        Object.keys({ ...dependencies, ...optionalDependencies })
          .filter((name) => !isInstalled(packages, path, name))
          .map((name) => `${path} → ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

interface LockEntry {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** Node.js looks for a package beside who asks for it, then one folder up, and so on. */
function isInstalled(packages: Record<string, LockEntry>, path: string, name: string): boolean {
  if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in packages) return true;
  const up = path.lastIndexOf('node_modules/');
  return up !== -1 && isInstalled(packages, path.slice(0, up).replace(/\/$/, ''), name);
}
