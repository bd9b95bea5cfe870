/**
 * What of a command line is shared: options and keys that say how the machine and its disks are set up. The value of
 * each is of a stated form, or it is not shared. Names are those of QEMU's qemu-options.hx, qapi and hw/.
 */

/** What a key's value may be. `id` and `path` get pseudonyms, `guest` too; the others stay when they have the form. */
export type ValueForm = 'word' | 'number' | 'id' | 'path' | 'guest' | 'pci' | 'cpus' | 'type';

const keys = (form: ValueForm, text: string) => text.split(' ').map((key) => [key, form] as const);

/** Keys by what their value is, whatever option they stand in; dotted keys count by their last part. */
export const KEYS: ReadonlyMap<string, ValueForm> = new Map([
  ...keys('type', 'driver type qom-type model accel if format backend'),
  ...keys(
    'word',
    'aio cache direct no-flush iommu_platform discard detect-zeroes read-only readonly writable share',
  ),
  ...keys(
    'word',
    'event_idx packed indirect_desc ioeventfd disable-legacy disable-modern hugetlb policy prealloc',
  ),
  ...keys('word', 'write-cache config-wce scsi request-merging modern-pio-notify use-started seg-max-adjust'),
  ...keys('word', 'kernel-irqchip kernel_irqchip split-wx debug-threads locking pmem merge dump usb smm'),
  ...keys(
    'number',
    'poll-max-ns poll-grow poll-shrink aio-max-batch num-queues queue-size vectors bootindex',
  ),
  ...keys(
    'number',
    'cpus sockets cores threads dies maxcpus size slots maxmem host-nodes nodeid chassis slot',
  ),
  ...keys(
    'number',
    'logical_block_size physical_block_size namespace hugetlbsize thread-pool-min thread-pool-max',
  ),
  ...keys('id', 'id drive iothread node-name bus memdev chardev file netdev'),
  ...keys('path', 'filename path addr.path socket mem-path'),
  ...keys('pci', 'host device sysfsdev addr'),
  ...keys('cpus', 'cpu-affinity'),
  ...keys('guest', 'guest'),
]);

/** Options that are shared; of all others not even the name is. */
export const OPTIONS: ReadonlySet<string> = new Set(
  (
    'name machine accel cpu smp m object drive blockdev device export chardev numa enable-kvm nodefaults display ' +
    'snapshot only-migratable mem-prealloc no-hpet s'
  ).split(' '),
);

const WORDS: ReadonlySet<string> = new Set(
  (
    'on off auto native threads io_uring none writeback writethrough directsync unsafe unmap ignore true false yes no ' +
    'bind preferred interleave default split'
  ).split(' '),
);

/** Devices, objects, machines, drivers and formats by the name QEMU gives them. */
const TYPES: ReadonlySet<string> = new Set(
  (
    'kvm tcg hvf xen host max qemu64 kvm64 base none virtio ide scsi pflash floppy raw qcow2 qed vmdk vdi vhdx luks ' +
    'file host_device nvme nbd rbd iscsi null-co null-aio throttle blkdebug copy-on-read nvme-io_uring ' +
    'virtio-blk-vhost-user virtio-blk-vfio-pci virtio-blk-vhost-vdpa iothread thread-context throttle-group ' +
    'memory-backend-ram memory-backend-file memory-backend-memfd main-loop vhost-user-blk socket null pty stdio ' +
    'virtio-blk virtio-blk-pci virtio-blk-device virtio-blk-ccw virtio-scsi-pci vhost-user-blk-pci scsi-hd scsi-block ' +
    'ide-hd nvme-ns vfio-pci vfio-pci-nohotplug pcie-root-port pci-bridge pcie-pci-bridge virtio-net-pci ' +
    'virtio-balloon-pci virtio-serial-pci virtio-rng-pci virtio-9p-pci intel-iommu amd-iommu virtio-iommu-pci ' +
    'usb-tablet qemu-xhci node cpu dist pc q35 virt microvm x86_64'
  ).split(' '),
);

const FORMS: Record<Exclude<ValueForm, 'id' | 'path' | 'guest'>, (text: string) => boolean> = {
  word: (text) => WORDS.has(text),
  // 512, 512M, 0x8, 1-3: a number by itself, short enough to be no key of anything
  number: (text) => /^(\d{1,12}[KMGTkmgt]?|0x[0-9a-f]{1,8}|\d{1,4}-\d{1,4})$/.test(text),
  pci: (text) =>
    /^([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(text) || /^0x[0-9a-f]{1,2}(\.[0-7])?$/.test(text),
  cpus: (text) => /^\d{1,5}([-:,]\d{1,5}){0,64}$/.test(text),
  type: (text) =>
    TYPES.has(text) ||
    /^pc-(q35|i440fx)-\d{1,2}\.\d{1,2}$/.test(text) ||
    /^virt-\d{1,2}\.\d{1,2}$/.test(text),
};

/** Whether a value that stays as it is has the form of its key. */
export function hasForm(form: ValueForm, text: string): boolean {
  return form !== 'id' && form !== 'path' && form !== 'guest' && FORMS[form](text);
}
