#!/bin/sh
# pin-thread NAME CPU: pins the guest's thread of that name.
for task in "/proc/$(cat /run/lab/guest.pid)"/task/*; do
  [ "$(cat "$task/comm")" = "$1" ] || continue
  taskset -p -c "$2" "${task##*/}" > /dev/null
  exit
done
echo "the guest has no thread named $1" >&2
exit 1
