/**
 * The disks that QEMU's command line gives to a guest, and what lies behind each: a host device or file, an NVMe drive
 * driven from user space, a vhost-user daemon, an assigned PCI device. What was plugged in later is not on the command line.
 */
import type { QemuOption } from './qemu-options.ts';

/** What serves a disk's requests. `kind` decides which of the other fields can be there. */
export interface DiskBackend {
  readonly kind: 'host-device' | 'file' | 'nvme-userspace' | 'vhost-user' | 'vfio' | 'other';
  /** QEMU's block driver at the bottom, 'qcow2' and other formats above it: `file`, `host_device`, `nvme`, `nbd`. */
  readonly driver: string;
  /** Format drivers from the device downwards, without the bottom one: ['qcow2']. */
  readonly formats: readonly string[];
  /** File or device as named there, '' where none is. */
  readonly filename: string;
  /** 'threads', 'native' (linux-aio), 'io_uring'; '' = not said, QEMU's own choice (threads); 'unknown'. */
  readonly aio: string;
  /** Opened with O_DIRECT. QEMU's own choice is the page cache. */
  readonly direct: boolean;
  /** PCI address of an NVMe drive or an assigned device, '' where there is none. */
  readonly pciAddress: string;
  /** Path of the vhost-user socket, '' where there is none. */
  readonly socket: string;
}

/** A disk of the guest as configured. */
export interface ConfiguredDisk {
  /** The device's id, or its drive's; '' when it has neither. */
  readonly id: string;
  /** QEMU's device: 'virtio-blk-pci', 'vhost-user-blk-pci', 'vfio-pci', 'scsi-hd'. */
  readonly device: string;
  /** Node of the block graph or id of the drive it is attached to; '' for none. */
  readonly node: string;
  /** IOThreads its queues are served in; none = the main loop (or a vhost-user daemon, or the guest itself). */
  readonly iothreads: readonly string[];
  /** `num-queues`, undefined where the command line leaves it to QEMU. */
  readonly queues: number | undefined;
  readonly backend: DiskBackend;
}

type Values = ReadonlyMap<string, string>;

/** Devices that are disks, beside those with a `drive`. */
const VFIO = /^vfio-pci(?:-nohotplug)?$/;
const VHOST_USER = /^vhost-user-blk/;
/** Drivers of the block layer that end a chain by opening something. */
const HOST_DEVICE = /^host_device$/;
const MAX_CHAIN = 16;

/** Disks in the order of the command line. */
export function qemuDisks(options: readonly QemuOption[]): readonly ConfiguredDisk[] {
  const graph = new BlockGraph(options);
  const chardevs = byKey(options, 'chardev', 'id');
  return options.flatMap(({ option, values }) => {
    if (option === 'device') return diskOfDevice(values, graph, chardevs) ?? [];
    return option === 'drive' ? (diskOfDrive(values, graph) ?? []) : [];
  });
}

function diskOfDevice(
  values: Values,
  graph: BlockGraph,
  chardevs: ReadonlyMap<string, Values>,
): ConfiguredDisk | undefined {
  const device = values.get('driver') ?? '';
  const node = values.get('drive') ?? '';
  const backend = VFIO.test(device)
    ? { ...NONE, kind: 'vfio' as const, driver: 'vfio-pci', pciAddress: vfioAddress(values) }
    : VHOST_USER.test(device)
      ? { ...NONE, kind: 'vhost-user' as const, driver: 'vhost-user', socket: socketOf(chardevs, values) }
      : node === '' || /-cd$/.test(device)
        ? undefined
        : graph.backendOf(node);
  if (backend === undefined) return undefined;
  const queues = /^\d{1,5}$/.exec(values.get('num-queues') ?? '')?.[0];
  return {
    id: values.get('id') ?? node,
    device,
    node,
    iothreads: iothreadsOf(values),
    queues: queues === undefined ? undefined : Number(queues),
    backend,
  };
}

/** `-drive if=virtio` makes the device too; other interfaces are devices this tool has no path for, but disks they are. */
function diskOfDrive(values: Values, graph: BlockGraph): ConfiguredDisk | undefined {
  const bus = values.get('if') ?? 'ide';
  if (bus === 'none' || bus === 'pflash' || bus === 'floppy' || values.get('media') === 'cdrom')
    return undefined;
  return {
    id: values.get('id') ?? '',
    device: bus === 'virtio' ? 'virtio-blk-pci' : bus,
    node: values.get('id') ?? '',
    iothreads: [],
    queues: undefined,
    backend: graph.backendOfValues(values),
  };
}

/** `iothread=io0`, or since QEMU 9.0 a mapping of queues to several. */
function iothreadsOf(values: Values): string[] {
  const one = values.get('iothread');
  if (one !== undefined) return [one];
  const mapped = [...values].filter(([key]) => /^iothread-vq-mapping\.\d+\.iothread$/.test(key));
  return [...new Set(mapped.map(([, id]) => id))];
}

/** `host=01:00.0`, with the domain where it is left out; `sysfsdev=/sys/bus/pci/devices/0000:01:00.0`. */
function vfioAddress(values: Values): string {
  const named = values.get('host') ?? /([^/]*)$/.exec(values.get('sysfsdev') ?? '')![1]!;
  return pciAddress(named);
}

/** A PCI address with its domain in lower case, '' for what is none. */
export function pciAddress(text: string): string {
  const match = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(text);
  return match === null ? '' : `${match[1] ?? '0000'}:${match[2]}`.toLowerCase();
}

function socketOf(chardevs: ReadonlyMap<string, Values>, values: Values): string {
  return chardevs.get(values.get('chardev') ?? '')?.get('path') ?? '';
}

const NONE: Omit<DiskBackend, 'kind' | 'driver'> = {
  formats: [],
  filename: '',
  aio: '',
  direct: false,
  pciAddress: '',
  socket: '',
};

function byKey(options: readonly QemuOption[], option: string, key: string): ReadonlyMap<string, Values> {
  const found = options.filter((each) => each.option === option);
  return new Map(found.map(({ values }) => [values.get(key) ?? '', values]));
}

/** Block nodes and drives by name, and the way from one down to what it opens. */
export class BlockGraph {
  readonly #nodes: ReadonlyMap<string, Values>;
  readonly #drives: ReadonlyMap<string, Values>;

  constructor(options: readonly QemuOption[]) {
    this.#nodes = byKey(options, 'blockdev', 'node-name');
    this.#drives = byKey(options, 'drive', 'id');
  }

  /** What a node or drive opens in the end; kind 'other' when nothing of that name is on the command line. */
  backendOf(name: string): DiskBackend {
    return this.backendOfValues(this.#nodes.get(name) ?? this.#drives.get(name) ?? new Map());
  }

  /** The same for the values of a `-drive` or `-blockdev`. */
  backendOfValues(values: Values): DiskBackend {
    const formats: string[] = [];
    let here: Values = values;
    // cache and aio may be said at any level of a chain
    let aio = '';
    let cache = '';
    for (let step = 0; step < MAX_CHAIN; step++) {
      aio = here.get('aio') ?? aio;
      cache = here.get('cache.direct') ?? DRIVE_CACHE.get(here.get('cache') ?? '') ?? cache;
      const below = this.#below(here);
      if (below === undefined) break;
      const driver = here.get('driver') ?? here.get('format') ?? '';
      if (driver !== '' && driver !== 'raw') formats.push(driver);
      here = below;
    }
    return { ...bottom(here), formats, aio, direct: cache === 'on' };
  }

  /** The next node: `file=NODE`, or the nested `file.…` of this one. Undefined at the bottom. */
  #below(values: Values): Values | undefined {
    const file = values.get('file');
    if (file !== undefined && this.#nodes.has(file)) return this.#nodes.get(file);
    if (file !== undefined)
      return file.startsWith('json:') ? undefined : new Map([['filename', file], ...driverOf(file)]);
    const nested = [...values].filter(([key]) => key.startsWith('file.'));
    if (nested.length === 0) return undefined;
    return new Map(nested.map(([key, value]) => [key.slice('file.'.length), value]));
  }
}

/** What is behind a file name that a running QEMU gave (query-block), with the driver on top of it: 'qcow2', 'raw'. */
export function backendOfFile(filename: string, driver: string): DiskBackend {
  const isFormat = filename !== '' && !/^(?:file|host_device|nvme)$/.test(driver);
  const values = new Map([['filename', filename]]);
  if (!isFormat) values.set('driver', driver);
  return { ...bottom(values), formats: isFormat && driver !== 'raw' && driver !== '' ? [driver] : [] };
}

/** -drive cache=…: which of QEMU's cache modes open the file with O_DIRECT (bdrv_parse_cache_mode, block.c). */
const DRIVE_CACHE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    none: 'on',
    off: 'on',
    directsync: 'on',
    writeback: 'off',
    writethrough: 'off',
    unsafe: 'off',
  }),
);

// nvme://0000:01:00.0/1
const NVME_URL = /^nvme:\/\/([^/]+)(?:\/|$)/;

/** The driver QEMU takes for a file name: a protocol before `:`, else decided when it is opened. */
function driverOf(filename: string): [string, string][] {
  const nvme = NVME_URL.exec(filename);
  if (nvme !== null)
    return [
      ['driver', 'nvme'],
      ['device', nvme[1]!],
    ];
  const protocol = /^([a-z][a-z+]*):/.exec(filename)?.[1];
  return protocol === undefined || protocol === 'file' ? [] : [['driver', protocol]];
}

function bottom(values: Values): DiskBackend {
  const filename = (values.get('filename') ?? '').replace(/^file:/, '');
  const named = NVME_URL.exec(filename) === null ? [] : driverOf(filename);
  const driver = new Map(named).get('driver') ?? values.get('driver') ?? '';
  const device = new Map(named).get('device') ?? values.get('device') ?? '';
  const base = { ...NONE, driver, filename };
  if (driver === 'nvme') return { ...base, kind: 'nvme-userspace', pciAddress: pciAddress(device) };
  if (HOST_DEVICE.test(driver) || (driver === '' && filename.startsWith('/dev/')))
    return { ...base, kind: 'host-device', driver: 'host_device' };
  if (filename !== '' && (driver === '' || driver === 'file'))
    return { ...base, kind: 'file', driver: 'file' };
  return { ...base, kind: 'other' };
}
