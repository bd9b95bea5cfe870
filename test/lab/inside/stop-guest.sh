#!/bin/sh
# stop-guest: ends guest and storage daemon, if there are any, and waits until they are gone.
cd /run/lab || exit 1
for file in guest.pid daemon.pid; do
  [ -e "$file" ] || continue
  pid=$(cat "$file")
  kill "$pid" 2> /dev/null
  for _ in $(seq 50); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2> /dev/null
  rm -f "$file"
done
exit 0
