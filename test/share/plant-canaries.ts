/** Bundles in which a stranger's word stands wherever a name, a path or a text can: what `iotrace share` must not let out. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { StreamInput } from '../../src/bundle/write-bundle.ts';
import type { RecordingFacts } from '../../src/trace/recording.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const text = (name: string) => fixture(name).toString('latin1');

/** Facts with the canary in every text of every fact; does not compile when a fact is missing. */
export function plantedFacts(canary: string): Required<RecordingFacts> {
  return {
    qemuCommandLine: [
      `/usr/bin/${canary}/qemu-system-x86_64 -name ${canary},process=${canary},debug-threads=on`,
      `-machine q35,accel=kvm,${canary}=${canary} -cpu ${canary} -m 512 -uuid ${canary} -smbios type=1,serial=${canary}`,
      `-object iothread,id=${canary},poll-max-ns=0 -drive file=/var/${canary}.img,id=d0,serial=${canary},if=none,aio=native`,
      `-blockdev {"driver":"file","node-name":"${canary}","filename":"/${canary}"}`,
      `-device virtio-blk-pci,drive=d0,iothread=${canary},serial=${canary},${canary} -netdev user,id=${canary}`,
      `-device virtio-net-pci,mac=${canary},netdev=${canary} -append console=${canary} ${canary} -${canary} ${canary}`,
    ].join(' '),
    daemonCommandLine: `qemu-storage-daemon --export type=${canary},id=${canary},addr.path=/${canary} --${canary}`,
    qemuThreads: [
      { tid: 7, name: canary },
      { tid: 8, name: `IO ${canary}` },
      { tid: 9, name: `kworker/0:1-${canary}` },
      { tid: 10, name: `CPU 0/KVM ${canary}` },
    ],
    daemonThreads: [{ tid: 11, name: canary }],
    qemuEventfds: [{ fd: 10, id: 4 }],
    daemonEventfds: [{ fd: 11, id: 5 }],
    tscOffsets: [{ vcpu: 0, offset: -5n }],
    hostClockPairs: [{ clock: 'mono', ns: 1n, tsc: 2n, widthTicks: 3 }],
    guestInterrupts: [
      { name: canary, before: 1, after: 2 },
      { name: `vfio-msi[0](${canary})`, before: 1, after: 2 },
    ],
    hostInterrupts: [{ name: `nvme0q1 ${canary}`, before: 1, after: 2 }],
    kvmStats: { exits: 5, [canary]: 6 },
    memoryPagesByNode: [{ node: 0, pages: 1 }],
    hostNodes: [{ node: 0, cpus: [0, 1] }],
    guestNodes: [{ node: 0, cpus: [0] }],
    driveNode: 0,
    perfCounts: [
      { who: `${canary}-7`, event: 'node-loads', count: 1, state: 'counted', runningShare: 1 },
      { who: canary, event: canary, count: 1, state: 'counted', runningShare: 1 },
      { who: 'N0', event: `cpu/${canary}/`, count: 1, state: 'counted', runningShare: 1 },
    ],
    memorySamples: {
      tool: 'perf mem',
      loads: 5,
      localMemory: 1,
      remoteMemory: 1,
      remoteCache: 1,
      unknown: 1,
    },
    tracingCost: { by: 'disk', untracedNs: [1], tracedNs: [2] },
    tracerCounts: [{ stream: `${canary}.trace`, delivered: 1, lost: 0 }],
    notes: [
      canary,
      `kernel 6.1.0-${canary}`,
      `cpuidle driver=haltpoll ${canary}`,
      `/sys/${canary}/io_poll = 1`,
    ],
  };
}

/** A stream of each format with the canary as thread, interrupt, event and argument, and in what surrounds the events. */
export function plantedStreams(canary: string): readonly (StreamInput & { readonly bytes: number })[] {
  const put = (from: string, pattern: RegExp) => from.replace(pattern, canary);
  const ftrace = text('ftrace/host-vfio.trace')
    .replaceAll('CPU 0/KVM', canary)
    .replace(/name=\S+/g, `name=${canary}`)
    .concat(`# ${canary}\n${canary} ${canary}\n`);
  const spdk = text('spdk-trace/nvme.json').replaceAll('"name":"ctx"', `"name":"${canary}"`);
  const copied = [
    '# iotrace events 1',
    `format ${canary}`,
    `clock ${canary}`,
    'kind 0 kvm_exit',
    `kind 1 ${canary.replace(/\W/g, '')}`,
    `string 1 ${canary}`,
    `task 7 7 ${canary}`,
    `reject 3 0 1 ${canary}`,
    'start 1 0',
    '0 5 0 7 0 1 0',
    canary,
  ];
  return [
    stream('host', 'tracefs text', canary, Buffer.from(ftrace, 'latin1')),
    stream(
      'guest',
      'perf script',
      canary,
      Buffer.from(put(text('perf-script/vblk-aio-6.1.txt'), /name=\S+|^ *:\d+/gm), 'latin1'),
    ),
    stream(
      'host',
      'QEMU trace log',
      canary,
      Buffer.from(`${text('qemu-trace-log/nvme.log')}${canary}\n`, 'latin1'),
    ),
    stream(
      'host',
      'bpftrace JSON',
      canary,
      fixture('bpftrace/maps.json'),
      `${text('bpftrace/maps.bt')}\n// ${canary}`,
    ),
    stream('host', 'spdk_trace JSON', canary, Buffer.from(spdk, 'latin1')),
    stream('host', 'perf.data', canary, plantedPerfData(canary)),
    stream('host', 'iotrace events', canary, Buffer.from(copied.join('\n'))),
  ];
}

/** HEADER_TRACING_DATA: formats of events, without which no event can be read. */
const TRACING_DATA = 1;
/** PERF_RECORD_MMAP, COMM, MMAP2, and perf's own: build ids, thread and CPU maps, names of units. Samples hold no text of their own. */
const NAMING_RECORDS = new Set([1, 3, 10, 67, 73, 74, 78]);
/** What is shorter than this may be a number. */
const LEAST_TEXT = 7;

/**
 * perf's recording of a host with the canary in every text that perf wrote: features (host name, command line, CPU, build ids, names of
 * events …), names of threads and of mapped files. As much of it as fits.
 */
export function plantedPerfData(canary: string): Buffer {
  const bytes = Buffer.from(gunzipSync(fixture('perf-data/vblk-aio-6.1.data.gz')));
  const plant = (from: number, to: number) => {
    for (let at = from; at < to; ) {
      let end = at;
      while (end < to && bytes[end]! >= 0x20 && bytes[end]! < 0x7f) end++;
      if (end - at >= LEAST_TEXT) bytes.write(canary.slice(0, end - at).padEnd(end - at, 'x'), at, 'latin1');
      at = end + 1;
    }
  };
  const u64 = (at: number) => Number(bytes.readBigUInt64LE(at));
  const [dataFrom, dataTo] = [u64(40), u64(40) + u64(48)];
  for (let at = dataFrom; at + 8 <= dataTo; at += bytes.readUInt16LE(at + 6))
    if (NAMING_RECORDS.has(bytes.readUInt32LE(at))) plant(at + 8, at + bytes.readUInt16LE(at + 6));
  const bits = bytes.subarray(72, 104);
  let section = dataTo;
  for (let bit = 0; bit < 256; bit++) {
    if ((bits[bit >> 3]! & (1 << (bit & 7))) === 0) continue;
    if (bit !== TRACING_DATA) plant(u64(section), u64(section) + u64(section + 8));
    section += 16;
  }
  return bytes;
}

function stream(
  machine: 'host' | 'guest',
  format: string,
  canary: string,
  bytes: Buffer,
  script?: string,
): StreamInput & { readonly bytes: number } {
  return {
    name: `/home/${canary}/${format}`,
    machine,
    format,
    script,
    bytes: bytes.length,
    open: () => once(bytes),
  };
}

/** The bytes as the only chunk of a stream. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
