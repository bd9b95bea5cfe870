/** What a domain XML asks for, as far as a disk's latency depends on it. Names are libvirt's (formatdomain.rst). */
import { child, childrenNamed, type XmlElement } from './read-xml.ts';

/** One disk that libvirt attaches. */
export interface DomainDisk {
  /** 'vdb'. */
  readonly target: string;
  readonly bus: string;
  /** The file, device or PCI address behind it; undefined where it is something else. */
  readonly source: string | undefined;
  readonly io: string | undefined;
  readonly cache: string | undefined;
  /** Number of the IOThread; undefined: the main loop. */
  readonly iothread: number | undefined;
  readonly queues: number | undefined;
  readonly packed: boolean | undefined;
  readonly eventIdx: string | undefined;
  readonly element: XmlElement;
}

/** The settings of a domain. Undefined or empty: not asked for. */
export interface Domain {
  readonly name: string;
  readonly emulator: string | undefined;
  readonly vcpus: number | undefined;
  readonly vcpuCpuset: string | undefined;
  readonly vcpupin: readonly { readonly vcpu: number; readonly cpuset: string }[];
  readonly emulatorpin: string | undefined;
  readonly iothreads: number;
  readonly iothreadpin: readonly { readonly iothread: number; readonly cpuset: string }[];
  readonly pollMaxNs: readonly { readonly iothread: number; readonly max: number }[];
  /** Host nodes of all memory; '' where libvirt asks numad (placement='auto'). */
  readonly memory: { readonly mode: string; readonly nodeset: string } | undefined;
  /** The guest's own nodes (<cpu><numa><cell>): their vCPUs, and where the memory of each is bound, where that is said. */
  readonly cells: readonly {
    readonly id: number;
    readonly cpus: string;
    readonly memory: { readonly mode: string; readonly nodeset: string } | undefined;
  }[];
  readonly disks: readonly DomainDisk[];
  /** PCI addresses of assigned devices. */
  readonly assigned: readonly string[];
  /** Arguments QEMU is given beside libvirt's own. */
  readonly qemuArguments: readonly string[];
  /** libvirt's hint for a guest that polls itself: <kvm><poll-control state='on'/>. */
  readonly pollControl: boolean;
  readonly root: XmlElement;
}

/** Reads the settings out of a domain; what is not a number where one belongs is left out. */
export function readDomain(root: XmlElement): Domain {
  const tune = child(root, 'cputune');
  const devices = child(root, 'devices');
  const ids = childrenNamed(child(root, 'iothreadids'), 'iothread');
  const numatune = child(root, 'numatune');
  const memory = child(numatune, 'memory');
  return {
    name: child(root, 'name')?.text ?? '',
    emulator: child(devices, 'emulator')?.text,
    vcpus: whole(child(root, 'vcpu')?.text),
    vcpuCpuset: child(root, 'vcpu')?.attributes['cpuset'],
    vcpupin: pinsOf(tune, 'vcpupin', 'vcpu').map(({ id, cpuset }) => ({ vcpu: id, cpuset })),
    emulatorpin: child(tune, 'emulatorpin')?.attributes['cpuset'],
    iothreads: Math.max(whole(child(root, 'iothreads')?.text) ?? 0, ids.length),
    iothreadpin: pinsOf(tune, 'iothreadpin', 'iothread').map(({ id, cpuset }) => ({ iothread: id, cpuset })),
    pollMaxNs: ids.flatMap((thread) => {
      const iothread = whole(thread.attributes['id']);
      const max = whole(child(thread, 'poll')?.attributes['max']);
      return iothread === undefined || max === undefined ? [] : [{ iothread, max }];
    }),
    memory: memory === undefined ? undefined : bindingOf(memory),
    cells: childrenNamed(child(child(root, 'cpu'), 'numa'), 'cell').map(({ attributes }, at) => {
      const id = whole(attributes['id']) ?? at;
      const bound = childrenNamed(numatune, 'memnode').find(
        (each) => whole(each.attributes['cellid']) === id,
      );
      return {
        id,
        cpus: attributes['cpus'] ?? '',
        memory: bound === undefined ? undefined : bindingOf(bound),
      };
    }),
    disks: childrenNamed(devices, 'disk').map(diskOf),
    assigned: childrenNamed(devices, 'hostdev')
      .filter(({ attributes }) => attributes['type'] === 'pci')
      .map((hostdev) => pciOf(child(child(hostdev, 'source'), 'address'))),
    qemuArguments: childrenNamed(root, 'qemu:commandline').flatMap((line) =>
      childrenNamed(line, 'qemu:arg').map(({ attributes }) => attributes['value'] ?? ''),
    ),
    pollControl: child(child(child(root, 'features'), 'kvm'), 'poll-control')?.attributes['state'] === 'on',
    root,
  };
}

function bindingOf({ attributes }: XmlElement): { mode: string; nodeset: string } {
  return { mode: attributes['mode'] ?? 'strict', nodeset: attributes['nodeset'] ?? '' };
}

function diskOf(element: XmlElement): DomainDisk {
  const driver = child(element, 'driver')?.attributes ?? {};
  const target = child(element, 'target')?.attributes ?? {};
  const source = child(element, 'source');
  const address = child(source, 'address');
  return {
    target: target['dev'] ?? '',
    bus: target['bus'] ?? '',
    source:
      source?.attributes['file'] ??
      source?.attributes['dev'] ??
      (address === undefined ? undefined : pciOf(address)),
    io: driver['io'],
    cache: driver['cache'],
    iothread: whole(driver['iothread']),
    queues: whole(driver['queues']),
    packed: driver['packed'] === undefined ? undefined : driver['packed'] === 'on',
    eventIdx: driver['event_idx'],
    element,
  };
}

function pinsOf(tune: XmlElement | undefined, name: string, key: string): { id: number; cpuset: string }[] {
  return childrenNamed(tune, name).flatMap(({ attributes }) => {
    const id = whole(attributes[key]);
    const cpuset = attributes['cpuset'];
    return id === undefined || cpuset === undefined ? [] : [{ id, cpuset }];
  });
}

/** `0000:5e:00.0` of domain, bus, slot and function; '' when one is missing. */
function pciOf(address: XmlElement | undefined): string {
  const part = (name: string, width: number) => {
    const value = Number(address?.attributes[name] ?? Number.NaN);
    return Number.isSafeInteger(value) && value >= 0 ? value.toString(16).padStart(width, '0') : undefined;
  };
  const [domain, bus, slot, fn] = [part('domain', 4), part('bus', 2), part('slot', 2), part('function', 1)];
  if (domain === undefined || bus === undefined || slot === undefined || fn === undefined) return '';
  return `${domain}:${bus}:${slot}.${fn}`;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
