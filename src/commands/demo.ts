/** `iotrace demo`: a few seconds of reads from this machine's own disk, recorded and broken down; else a sample. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, unlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cwd } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type BlockDevice, listBlockDevices, type Partition } from '../capture/block-devices.ts';
import { BLOCK_BYTES, mapBlocks } from '../capture/block-map.ts';
import { diskOf } from '../capture/choose-disk.ts';
import { newRunName } from '../capture/run-name.ts';
import { findTracefs } from '../capture/tracefs/trace-files.ts';
import { IotraceError } from '../errors.ts';
import { inPackage } from '../package-root.ts';
import { againWithTracefs } from './own-tracefs.ts';
import { recordAndReport } from './record.ts';
import type { RecordResult } from './record-result.ts';
import { type ReportOptions, reportBundle } from './report.ts';
import type { Say } from './say.ts';

const SECONDS = 3;
const FILE_BYTES = 16 * 1024 ** 2;
const BUFFER_KIB = 4096;

/** Shown where nothing can be recorded. */
const SAMPLE = 'virtio-blk-iothread.iotrace.zip';

/** What keeps this machine from being recorded; anything else is a failure. */
const NO_RECORDING = new Set(['record-not-linux', 'record-not-root', 'tracefs-not-mounted', 'demo-no-disk']);

/**
 * Records, with a tracefs of its own where none is mounted; or says in one sentence why not and reports the sample. `output`
 * keeps the bundle.
 */
export async function demo(
  output: string | undefined,
  report: ReportOptions,
  say: Say,
): Promise<RecordResult> {
  try {
    await findTracefs();
    return await recordReads(await placeForReads(), output, report, say);
  } catch (error) {
    if (!(error instanceof IotraceError && NO_RECORDING.has(error.code))) throw error;
    const exitCode = error.code === 'tracefs-not-mounted' ? await againWithTracefs() : undefined;
    if (exitCode !== undefined) return { text: '', exitCode };
    say(`${error.message} ${error.hint ?? ''}`);
    say('This is a sample instead, recorded elsewhere: a guest’s virtio-blk disk behind an IOThread.');
    return reportBundle(samplePath(), report, say);
  }
}

/** Where the file for the reads goes, and what it lies on. */
interface Place {
  readonly folder: string;
  readonly disk: BlockDevice;
  readonly partition: Partition | undefined;
}

async function placeForReads(): Promise<Place> {
  const devices = await listBlockDevices();
  for (const folder of [cwd(), '/var/tmp', homedir()]) {
    const found = await diskOf(devices, folder, false);
    if (found === undefined) continue;
    const partition = found.disk.partitions.find(({ name }) => name === found.partition);
    return { folder, disk: found.disk, partition };
  }
  throw new IotraceError('demo-no-disk', 'Neither this folder, /var/tmp nor the home folder lies on a disk.');
}

async function recordReads(
  place: Place,
  output: string | undefined,
  report: ReportOptions,
  say: Say,
): Promise<RecordResult> {
  const { file, sectors } = await makeFile(place);
  const kept = output === undefined ? await mkdtemp(join(tmpdir(), 'iotrace-demo-')) : undefined;
  try {
    if (typeof sectors === 'string') say(`no ground truth: ${sectors}`);
    say(`${SECONDS} s of reads of ${BLOCK_BYTES / 1024} KiB, one at a time, past the page cache`);
    return await recordAndReport(
      {
        runs: 'demo',
        disk: place.disk.name,
        clock: 'mono',
        tracer: 'auto',
        buffer: BUFFER_KIB,
        output: output ?? join(kept!, 'demo.iotrace.zip'),
        temporary: kept !== undefined,
        workload: {
          command: [
            process.execPath,
            readerPath(),
            openedPath(file),
            listOf(sectors),
            String(SECONDS * 1000),
          ],
          keepOutput: typeof sectors !== 'string',
        },
      },
      report,
      say,
    );
  } finally {
    await file.close();
    if (kept !== undefined) await rm(kept, { recursive: true, force: true });
  }
}

/**
 * A file that has no name any more, so that nothing is left however we end, and the sectors of its blocks or why they
 * are not known. What it made the file system write is on the disk before anything is recorded.
 */
async function makeFile({
  folder,
  disk,
  partition,
}: Place): Promise<{ file: FileHandle; sectors: number[] | string }> {
  const path = join(folder, newRunName());
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(randomBytes(FILE_BYTES));
    await file.sync();
    const blocks = disk.slaves.length > 0 ? `${disk.name} is made of other disks` : await mapBlocks(path);
    const sectors =
      typeof blocks === 'string' ? blocks : blocks.map((sector) => sector + (partition?.start ?? 0));
    return { file, sectors };
  } catch (error) {
    await file.close();
    throw error;
  } finally {
    await unlink(path);
    await syncFolder(folder);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

/** The file as another process can open it. */
function openedPath({ fd }: FileHandle): string {
  return `/proc/${process.pid}/fd/${fd}`;
}

function listOf(sectors: readonly number[] | string): string {
  const blocks = FILE_BYTES / BLOCK_BYTES;
  return typeof sectors === 'string' ? Array(blocks).fill(0).join(',') : sectors.join(',');
}

function readerPath(): string {
  return fileURLToPath(inPackage('dist/src/capture/direct-reader.js'));
}

function samplePath(): string {
  return fileURLToPath(inPackage(`samples/${SAMPLE}`));
}
