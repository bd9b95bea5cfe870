#!/bin/sh
# First process of both machines, from one initramfs. The host (lab.host=1) goes on from its disk, see host-init.sh;
# the guest stays in memory, with its disk, a network of its own QEMU's making and an ssh server.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

# The value of NAME=value on the kernel's command line.
option() { tr ' ' '\n' < /proc/cmdline | sed -n "s/^$1=//p"; }

# load MODULE: with what it needs, and with the MODULE.parameter=value of the command line, which insmod does not read.
loaded=' '
load() {
  for file in $(cat "/lib/modules/$1.needs" 2>/dev/null); do
    case $loaded in *" $file "*) continue ;; esac
    loaded="$loaded$file "
    if [ "$file" = "$1.ko" ]; then
      insmod "/lib/modules/$file" $(tr ' ' '\n' < /proc/cmdline | sed -n "s/^$1\.//p")
    else
      insmod "/lib/modules/$file"
    fi
  done
}

# await_disk DEVICE: drivers find their disks a little after they are loaded.
await_disk() { for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do [ -b "$1" ] && return; sleep 0.2; done; }

load virtio_pci
load virtio_blk

if [ "$(option lab.host)" = 1 ]; then
  load crc32c-intel
  load crc32c_generic
  load ext4
  mkdir -p /disk
  await_disk /dev/vda
  mount -t ext4 -o noatime /dev/vda /disk || exec sh
  for tree in dev proc sys; do mount --move "/$tree" "/disk/$tree"; done
  exec switch_root /disk /host-init
fi

load nvme
load virtio_net
mkdir -p /dev/pts /tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
hostname guest
ip link set lo up
ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && ip route add default via 10.0.2.2
disk=$(option lab.disk)
await_disk "/dev/$disk"
echo none > "/sys/block/$disk/queue/scheduler"
dropbear -R -s -p 22
echo "lab: guest up"
while :; do sleep 3600; done
