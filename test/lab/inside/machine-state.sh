#!/bin/sh
# machine-state: what a recording may not leave behind, one thing a line: probes, tracing instances, what is switched on,
# and programs that run. Kernel threads, the ssh server's sessions and this script are left out.
cd /sys/kernel/tracing || exit 1
sed 's/^/kprobe /' kprobe_events
sed 's/^/uprobe /' uprobe_events
for instance in instances/*; do [ -d "$instance" ] && echo "instance ${instance#instances/}"; done
sed 's/^/event /' set_event
for program in /proc/[0-9]*; do
  [ "$(readlink "$program/exe")" ] || continue
  name=$(cat "$program/comm" 2> /dev/null)
  case $name in '' | dropbear | machine-state | sh | host-init | hold-vm | sleep | cat | sed | ps) continue ;; esac
  echo "program $name"
done
exit 0
