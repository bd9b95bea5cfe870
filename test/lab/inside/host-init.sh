#!/bin/sh
# First process of the host on its disk. No systemd: under emulation that alone would take a minute.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
for place in /tmp /run; do mount -t tmpfs tmpfs "$place"; done
mkdir -p /dev/pts /dev/shm /run/lab
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
hostname host
ip link set lo up
modprobe -a virtio_net 9pnet_virtio 9p nvme vfio-pci kvm-amd
ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && ip route add default via 10.0.2.2
mkdir -p /project /node /out
# Read only once: neither changes while the host lives, so the page cache may keep them.
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro project /project
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro node /node
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288 out /out
ulimit -l unlimited
# Patching the hot static key of sched_switch is what wedges an emulated host: nobody may ask for it by default.
for option in record-cmd record-tgid; do echo 0 > "/sys/kernel/tracing/options/$option"; done
# One empty VM, kept open: else KVM patches a static key of the scheduler with every first guest and every last.
hold-vm > /run/lab/hold-vm 2>&1 &
dropbear -R -s -p 22
echo "lab: host up"
while :; do sleep 3600; done
