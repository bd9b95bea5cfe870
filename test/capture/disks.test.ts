import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BlockDevice,
  completedRequests,
  deviceByNumber,
  listBlockDevices,
} from '../../src/capture/block-devices.ts';
import { parseFilefrag } from '../../src/capture/block-map.ts';
import { chooseDisk } from '../../src/capture/choose-disk.ts';
import { failureOf, prepareWorkload, printsFioJson } from '../../src/capture/workload.ts';

/** A drawn /sys/block. */
const SYS: Record<string, string> = {
  'sda/dev': '8:0\n',
  'sda/stat': '  11 0 0 0  22 0 0 0 0 0 0 0 0 0 0 0 0\n',
  'sda/sda1/dev': '8:1\n',
  'sda/sda1/start': '2048\n',
  'sda/queue/scheduler': '[none]\n',
  'sdb/dev': '8:16\n',
  'dm-0/dev': '253:0\n',
  'dm-0/slaves/sda1/x': '',
  'dm-1/dev': '253:1\n',
  'dm-1/slaves/sda/x': '',
  'dm-1/slaves/sdb/x': '',
  'broken/dev': 'no number\n',
};

let sys: string;
let devices: BlockDevice[];

beforeAll(async () => {
  sys = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
  for (const [path, text] of Object.entries(SYS)) {
    const file = join(sys, 'block', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  // As Linux 6.1 lays out an NVMe controller below its PCI device.
  const controller = join(sys, 'devices/0000:41:00.0/nvme/nvme0');
  await mkdir(join(sys, 'block/nvme0n1'));
  await mkdir(controller, { recursive: true });
  await writeFile(join(sys, 'block/nvme0n1/dev'), '259:0\n');
  await symlink(controller, join(sys, 'block/nvme0n1/device'));
  await symlink('/sys/bus/pci/drivers/nvme', join(sys, 'devices/0000:41:00.0/driver'));
  devices = await listBlockDevices(sys);
});
afterAll(() => rm(sys, { recursive: true }));

describe('disks', () => {
  it('are read with their partitions and what they are made of', () => {
    expect(devices.map(({ name }) => name)).toEqual(['dm-0', 'dm-1', 'nvme0n1', 'sda', 'sdb']);
    expect(devices[2]).toMatchObject({ driver: 'nvme', parent: 'nvme0' });
    expect(devices[3]).toMatchObject({
      major: 8,
      minor: 0,
      partitions: [{ name: 'sda1', major: 8, minor: 1, start: 2048 }],
      slaves: [],
      driver: '',
    });
  });

  it('are found by number, also by that of a partition', () => {
    expect(deviceByNumber(devices, 8, 1)).toMatchObject({
      disk: { name: 'sda' },
      partition: { name: 'sda1' },
    });
    expect(deviceByNumber(devices, 9, 9)).toBeUndefined();
  });

  it('count reads and writes', async () => {
    expect(await completedRequests('sda', sys)).toBe(33);
  });
});

describe('chooseDisk', () => {
  const ask = (asked: string) => chooseDisk(devices, { asked, workload: [], folder: '/proc' });

  it.each([
    ['sda', 'sda', 'as asked for'],
    ['/dev/sdb', 'sdb', 'as asked for'],
    ['8:16', 'sdb', 'as asked for'],
    ['sda1', 'sda', 'as the disk of sda1'],
    ['dm-0', 'sda', 'as asked for: dm-0 is made of it'],
  ])('takes %s for %s and says why', async (asked, name, why) => {
    expect(await ask(asked)).toMatchObject({ disk: { name }, why });
  });

  it('does not choose among several disks below one', async () => {
    await expect(ask('dm-1')).rejects.toMatchObject({ code: 'disk-stacked', exitCode: 2 });
  });

  it('names the disks there are when it does not know one', async () => {
    await expect(ask('../sda')).rejects.toMatchObject({
      code: 'disk-unknown',
      hint: 'It has dm-0, dm-1, nvme0n1, sda, sdb.',
    });
  });

  it('asks for a name when the folder lies on no disk', async () => {
    const question = { workload: [], folder: '/proc' };
    await expect(chooseDisk(devices, question)).rejects.toMatchObject({ code: 'disk-not-told' });
  });
});

describe('workload', () => {
  it('does nothing before it is started, and keeps its pid', async () => {
    const workload = await prepareWorkload({ command: ['sh', '-c', 'echo $$'], keepOutput: true });
    workload.start();
    expect(await workload.ended).toEqual({ exitCode: 0, signal: undefined, output: `${workload.pid}\n` });
  });

  it('gets its arguments untouched by any shell', async () => {
    const strange = ['$(id)', '`id`', '; exit 9', '*', '', "'"];
    const command = [
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...strange,
    ];
    const workload = await prepareWorkload({ command, keepOutput: true });
    workload.start();
    expect(JSON.parse((await workload.ended).output)).toEqual(strange);
  });

  it('has ended when it has, though what it started holds its output open', async () => {
    const command = ['sh', '-c', 'sleep 300 & echo $!'];
    const workload = await prepareWorkload({ command, keepOutput: true });
    workload.start();
    const { exitCode, output } = await workload.ended;
    process.kill(Number(output));
    expect(exitCode).toBe(0);
  });

  it('is refused when there is no such command', async () => {
    const plan = { command: ['no-such-command-here'], keepOutput: false };
    await expect(prepareWorkload(plan)).rejects.toMatchObject({ code: 'workload-missing', exitCode: 2 });
  });

  it('says how it failed', () => {
    expect(failureOf({ exitCode: 0, signal: undefined, output: '' })).toBeUndefined();
    expect(failureOf({ exitCode: 7, signal: undefined, output: '' })).toBe('exited with 7');
    expect(failureOf({ exitCode: undefined, signal: 'SIGKILL', output: '' })).toBe('was ended by SIGKILL');
  });

  it.each([
    [['fio', '--output-format=json', 'a.fio'], true],
    [['/usr/bin/fio', '--output-format', 'json+'], true],
    [['fio', '--output-format=json', '--output=x.json'], false],
    [['fio', 'a.fio'], false],
    [['dd', '--output-format=json'], false],
  ])('%j prints fio JSON: %s', (command, expected) => {
    expect(printsFioJson(command)).toBe(expected);
  });
});

describe('parseFilefrag', () => {
  const table = (rows: string) =>
    `Filesystem type is: ef53\nFile size of f is 12288 (24 blocks of 512 bytes)\n ext:     logical_offset:        physical_offset: length:   expected: flags:\n${rows}f: 2 extents found\n`;

  it('gives the first sector of each block', () => {
    const rows =
      '   0:        0..      15:       4096..      4111:     16:            \n   1:       16..      23:        800..       807:      8:       4112: last,eof\n';
    expect(parseFilefrag(table(rows))).toEqual([4096, 4104, 800]);
  });

  it.each([
    ['a hole', '   0:        8..      15:       4096..      4103:      8:             last,eof\n'],
    [
      'blocks without a place yet',
      '   0:        0..       7:          0..         7:      8:             last,unknown,delalloc,eof\n',
    ],
    [
      'blocks that were never written',
      '   0:        0..       7:       4096..      4103:      8:             last,unwritten,eof\n',
    ],
    ['no table', ''],
  ])('gives nothing for %s', (_, rows) => {
    expect(parseFilefrag(table(rows))).toBeUndefined();
  });
});
