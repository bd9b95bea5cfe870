#!/usr/bin/env bash
# Makes the bundles of this folder. Needs a build (npm run build) and the recordings: one folder per configuration,
# with the files that README.md lists. Streams go into the bundles as they were recorded, whole.
#
#   samples/make-samples.sh RECORDINGS [SAMPLE...]
#
# RECORDINGS/lab is what `npm run lab` kept: the bundles of these samples are as `iotrace record` wrote them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
recordings=${1:?the folder that holds the recordings}
shift
iotrace=${IOTRACE:-$here/../dist/bin/cli.js}
wanted=" $* "
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT

# What of a recording's folder is a fact; the rest are notes of who recorded it.
facts=(cmdline cmdline-qsd cmdline-spdk threads threads-qsd threads-spdk eventfds eventfds-spdk tsc clkpair0 clkpair1
  int0 int1 hostint0 hostint1 console numa_maps ev2.bt)

# sample FOLDER [import option...]
sample() {
  local name=$1 folder=$recordings/$2 args=() file
  shift 2
  [[ $wanted == '  ' || $wanted == *" $name "* ]] || return 0
  rm -rf "${staged:?}"/*
  for file in "${facts[@]}"; do
    if [[ -s $folder/$file ]]; then cp "$folder/$file" "$staged/"; fi
  done
  # Read twice only where the virtual machine still ran at the end.
  if [[ -s $folder/kvmstat1 ]]; then cp "$folder"/kvmstat[01] "$staged/"; fi
  for file in host.trace perf.data host.bt.out bpftrace.json qemu-trace.log spdk_trace.json; do
    if [[ -e $folder/$file.gz ]]; then args+=(--host "$folder/$file.gz"); fi
  done
  if [[ -e $folder/guest.trace.gz ]]; then args+=(--guest "$folder/guest.trace.gz"); fi
  node "$iotrace" import "${args[@]}" --ground-truth "$folder/qd1.txt" --facts "$staged" \
    --title "$name, an emulated host: order counts, speed does not" "$@" -o "$here/$name.iotrace.zip"
}

# recorded SAMPLE CONFIGURATION
recorded() {
  [[ $wanted == '  ' || $wanted == *" $1 "* ]] || return 0
  cp "$recordings/lab/$2/recording.iotrace.zip" "$here/$1.iotrace.zip"
}

# This one was recorded with record-local-disk.py, on a machine that has a disk.
if [[ $wanted == '  ' || $wanted == *' local-block-device '* ]]; then
  local=$recordings/local-disk
  cp "$local"/int[01] "$staged/"
  node "$iotrace" import --host "$local/host.trace.gz" --ground-truth "$local/requests.txt" \
    --facts "$staged" --title 'local-block-device, the virtio-blk disk of a cloud machine' \
    -o "$here/local-block-device.iotrace.zip"
fi

sample bare-metal-nvme bare-irq
sample bare-metal-nvme-iopoll bare-iopoll
sample vfio-pci-nvme vfio
recorded vfio-pci-nvme-haltpoll vfio-haltpoll
sample vfio-pci-nvme-iopoll vfio-hipri
sample virtio-blk-main-loop vblk-mainloop
sample virtio-blk-iothread vblk-aio-poll0
sample virtio-blk-iothread-io-uring vblk-uring-poll0
sample virtio-blk-iothread-multiqueue vblk-packed-mq
sample virtio-blk-iothread-polling vblk-aio-pollbig-noevidx
sample virtio-blk-iothread-cross-node vblk-xnode --host-nodes 0:0-1,1:2-3
sample virtio-blk-iothread-x86-tsc tsc
sample virtio-blk-iothread-perf perf-debian13
sample virtio-blk-iothread-bpftrace bpftrace
sample virtio-blk-iothread-bpftrace-maps bpftrace-maps-debian13
sample virtio-blk-iopoll vblk-iopoll
sample virtio-blk-userspace-nvme unvme-poll0
sample virtio-blk-userspace-nvme-qemu-log unvme-qtrace
sample virtio-blk-userspace-nvme-pollqueue unvme-pollqueue
sample virtio-blk-userspace-nvme-fastpath unvme-fastpath
sample vhost-user-blk-qsd vubd-poll0
recorded vhost-user-blk-qsd-nvme storage-daemon-nvme
recorded virtio-blk-iothread-host-only iothread-native.host-only
sample vhost-user-blk-spdk spdk-nvme
sample vhost-user-blk-spdk-aio spdk-aio
