#!/bin/sh
# bind-drives nvme [POLL-QUEUES] | vfio PCI-ADDRESS: gives all drives to the kernel's driver, or one to vfio-pci.
set -e
bus=/sys/bus/pci
give() { # give ADDRESS DRIVER: DRIVER '' is whichever would take it
  if [ -e "$bus/devices/$1/driver" ]; then
    [ "$(basename "$(readlink "$bus/devices/$1/driver")")" = "${2:-nvme}" ] && return
    echo "$1" > "$bus/devices/$1/driver/unbind"
  fi
  echo "$2" > "$bus/devices/$1/driver_override"
  echo "$1" > "$bus/drivers_probe"
}
drives() { for device in "$bus"/devices/*; do case $(cat "$device/class") in 0x010802) basename "$device" ;; esac; done; }
case $1 in
  nvme)
    queues=${2:-0}
    if [ "$(cat /sys/module/nvme/parameters/poll_queues)" != "$queues" ]; then
      rmmod nvme
      modprobe nvme "poll_queues=$queues"
    fi
    for drive in $(drives); do give "$drive" ''; done
    for _ in $(seq 50); do [ "$(ls /dev/nvme*n1 2> /dev/null | wc -l)" = "$(drives | wc -l)" ] && break; sleep 0.1; done
    for queue in /sys/block/nvme*n1/queue; do echo none > "$queue/scheduler"; done
    ;;
  vfio) give "$2" vfio-pci ;;
  *) exit 2 ;;
esac
