/** A domain's settings in words, one line each. Values are the XML's own text: escape them where they are printed. */
import { parseQemuOptions } from '../../parsers/facts/qemu-options.ts';
import type { Domain, DomainDisk } from './domain.ts';

/** What the domain asks for; what it does not ask for is said where it decides latency. */
export function describeDomain(domain: Domain): string[] {
  const vcpu = domain.vcpupin.map((pin) => `${pin.vcpu} on ${pin.cpuset}`).join(', ');
  const io = domain.iothreadpin.map((pin) => `${pin.iothread} on ${pin.cpuset}`).join(', ');
  const poll = domain.pollMaxNs.map(({ iothread, max }) => `${iothread}: ${max} ns`).join(', ');
  return [
    `domain ${domain.name}: ${domain.vcpus ?? 'unknown'} vCPUs${domain.vcpuCpuset === undefined ? '' : ` within CPUs ${domain.vcpuCpuset}`}`,
    `vCPUs: ${vcpu === '' ? 'not pinned' : vcpu}`,
    `emulator threads: ${domain.emulatorpin === undefined ? 'not pinned' : `on ${domain.emulatorpin}`}`,
    `IOThreads: ${domain.iothreads}${domain.iothreads === 0 ? '' : `, ${io === '' ? 'not pinned' : io}`}`,
    ...(poll === '' ? [] : [`IOThread polling at most: ${poll}`]),
    `memory: ${bindingText(domain.memory)}`,
    ...domain.cells.map(
      ({ id, cpus, memory }) =>
        `the guest’s node ${id}: vCPUs ${cpus === '' ? 'not said' : cpus}, memory ${memory === undefined ? 'as all of it' : bindingText(memory)}`,
    ),
    ...domain.disks.map(diskLine),
    ...domain.assigned.map((address) => `assigned to the guest: PCI ${address}`),
    ...qemuDiskLines(domain),
    haltpollLine(domain),
  ];
}

function bindingText(memory: Domain['memory']): string {
  if (memory === undefined) return 'not bound';
  return memory.nodeset === ''
    ? `${memory.mode}, nodes left to numad`
    : `${memory.mode} on node ${memory.nodeset}`;
}

function diskLine(disk: DomainDisk): string {
  const onVirtio = disk.bus === 'virtio';
  const served = disk.iothread === undefined ? 'main loop' : `IOThread ${disk.iothread}`;
  return [
    `disk ${disk.target} (${disk.bus}): ${disk.source ?? 'source not read'}`,
    ...(disk.io === undefined ? [] : [`io=${disk.io}`]),
    ...(disk.cache === undefined ? [] : [`cache=${disk.cache}`]),
    ...(onVirtio ? [served, queuesText(disk.queues), packedText(disk.packed)] : []),
  ].join(', ');
}

function queuesText(queues: number | undefined): string {
  return queues === undefined ? 'queues not stated' : `${queues} ${queues === 1 ? 'queue' : 'queues'}`;
}

function packedText(packed: boolean | undefined): string {
  return packed === true ? 'packed ring' : 'split ring';
}

/** Disks given to QEMU past libvirt, and the drives behind them. */
function qemuDiskLines({ qemuArguments }: Domain): string[] {
  const options = parseQemuOptions(['qemu', ...qemuArguments]);
  const devices = options.filter(
    ({ option, values }) => option === 'device' && values.get('driver')?.startsWith('virtio-blk') === true,
  );
  return devices.map(({ values }) => {
    const drive = options.find(
      (each) => each.option === 'blockdev' && each.values.get('node-name') === values.get('drive'),
    )?.values;
    const queues = Number(values.get('num-queues') ?? Number.NaN);
    return [
      `disk ${values.get('id') ?? values.get('drive') ?? ''} (QEMU’s own arguments): ${drive?.get('driver') ?? 'driver not read'}`,
      ...[drive?.get('device') ?? drive?.get('filename')].flatMap((text) =>
        text === undefined ? [] : [text],
      ),
      values.get('iothread') === undefined ? 'main loop' : values.get('iothread')!,
      queuesText(Number.isSafeInteger(queues) ? queues : undefined),
      packedText(values.get('packed') === 'on'),
    ].join(', ');
  });
}

/** A guest polls before it halts (cpuidle-haltpoll) when it is offered kvm-poll-control. */
function haltpollLine({ emulator, pollControl }: Domain): string {
  if (pollControl) return 'haltpoll: offered to the guest (poll-control)';
  const wrapper = /(?:^|\/)([^/]*(?:poll-control|full-polling)[^/]*)$/.exec(emulator ?? '')?.[1];
  return wrapper === undefined
    ? 'haltpoll: not offered by the XML'
    : `haltpoll: by the name of the emulator, ${wrapper}; what that wrapper adds is not in the XML`;
}
