#!/bin/sh
# start-guest SECONDS QEMU-ARGUMENT...: starts QEMU in the background and waits until the guest says that it is up; exit
# status 124 when it runs but does not say so in time.
# Its console is /run/lab/console, its pid in /run/lab/guest.pid, its QMP socket /run/lab/guest.qmp.
seconds=$1
shift
cd /run/lab || exit 1
rm -f console guest.pid guest.qmp
qemu-system-x86_64 -daemonize -pidfile guest.pid -serial file:console -qmp unix:guest.qmp,server=on,wait=off "$@" || exit 1
for _ in $(seq "$((seconds * 5))"); do
  grep -qa '^lab: guest up' console && exit 0
  kill -0 "$(cat guest.pid)" 2> /dev/null || break
  sleep 0.2
done
echo "the guest did not come up; its console ends:" >&2
tail -n 15 console >&2
kill -0 "$(cat guest.pid)" 2> /dev/null && exit 124
exit 1
