/**
 * What iotrace says to a guest's shell once, before anything else: functions that arm, read and remove a tracing
 * instance of our own. POSIX sh and the tools of busybox; it has been run by dash, bash and busybox ash.
 *
 * Whatever ends the shell (an end of its input when a connection drops, a signal, silence for a minute) removes the
 * instance, the probes and the folder. A path's `$1` is always a word that `quoteWord` has quoted.
 */

/** Seconds between two signs of life that a guest waits for at most, before it takes iotrace for dead. */
export const SILENCE_S = 60;

/** Seconds that fetching one thing may take; the guest's shell is busy with it and hears no sign of life meanwhile. */
export const FETCH_S = 600;

export const AGENT = String.raw`
umask 077
iot_find() {
  for iot_p in /sys/kernel/tracing /sys/kernel/debug/tracing; do
    [ -d $iot_p/instances ] && { iot_T=$iot_p; return 0; }
  done
  mount -t tracefs nodev /sys/kernel/tracing || return 1
  iot_T=/sys/kernel/tracing
  iot_mounted=1
}
iot_gone() { case $1 in ''|*[!0-9]*) return 1;; esac; [ ! -d /proc/$1 ]; }
iot_rmdir() {
  iot_n=0
  while [ -d "$1" ] && [ $iot_n -lt 50 ]; do
    rmdir "$1" 2>/dev/null && break
    iot_n=$((iot_n + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
}
iot_unprobe() {
  [ -e $iot_T/kprobe_events ] || return 0
  for iot_l in $(sed -n "s,^[pr][0-9]*:\($1/[^ ]*\).*,\1,p" $iot_T/kprobe_events); do
    echo "-:$iot_l" >> $iot_T/kprobe_events
  done
}
iot_leftovers() {
  for iot_d in $iot_T/instances/iotrace-*; do
    iot_p=$(echo "$iot_d" | sed -n 's,.*/iotrace-\([0-9]*\)-[0-9a-f]*$,\1,p')
    iot_gone "$iot_p" && rmdir "$iot_d" 2>/dev/null && echo "left ${'$'}{iot_d##*/}"
  done
  [ -e $iot_T/kprobe_events ] || return 0
  for iot_g in $(sed -n 's,^[pr][0-9]*:\(iotrace_[0-9]*_[0-9a-f]*\)/.*,\1,p' $iot_T/kprobe_events | sort -u); do
    iot_p=$(echo "$iot_g" | sed 's,^iotrace_\([0-9]*\)_.*,\1,')
    iot_gone "$iot_p" && iot_unprobe "$iot_g" && echo "left $iot_g"
  done
  return 0
}
iot_clean() {
  trap - EXIT HUP INT TERM PIPE
  if [ -n "$iot_I" ]; then
    [ -d "$iot_I" ] && { echo 0 > $iot_I/tracing_on; echo 0 > $iot_I/events/enable; }
    iot_rmdir "$iot_I"
    iot_unprobe "$iot_group"
  fi
  [ -n "$iot_mounted" ] && umount $iot_T
  [ -s "$iot_D/pid" ] && [ ! -s "$iot_D/status" ] && kill "$(cat "$iot_D/pid")"
  [ -n "$iot_D" ] && rm -rf "$iot_D"
  [ -n "$iot_dog" ] && kill $iot_dog
} 2>/dev/null
iot_begin() {
  [ "$(id -u)" = 0 ] || { echo "user $(id -u)"; return 3; }
  iot_find || return 4
  iot_leftovers
  iot_I=$iot_T/instances/iotrace-$$-$1
  iot_group=iotrace_$$_$1
  trap iot_clean EXIT
  trap 'exit 1' HUP INT TERM PIPE
  for iot_p in /dev/shm /dev; do
    mkdir $iot_p/iotrace-$$-$1 2>/dev/null && { iot_D=$iot_p/iotrace-$$-$1; break; }
  done
  (
    trap iot_n=0 USR1
    trap iot_n=-${FETCH_S / 5} USR2
    iot_n=0 iot_dog=
    while [ $iot_n -lt ${SILENCE_S / 5} ] && kill -0 $$ 2>/dev/null; do
      iot_n=$((iot_n + 1))
      sleep 5 & wait $!
    done
    iot_clean
    kill -9 $$
  ) </dev/null >/dev/null 2>&1 &
  iot_dog=$!
  echo "pid $$"
}
iot_instance() {
  mkdir "$iot_I" || return 1
  echo 0 > $iot_I/tracing_on && echo "$1" > $iot_I/trace_clock && echo "$2" > $iot_I/buffer_size_kb || return 1
  echo 0 > $iot_I/options/overwrite
}
iot_arm() { { [ -z "$2" ] || echo "$2" > $iot_I/events/$1/filter; } && echo 1 > $iot_I/events/$1/enable; }
iot_any() {
  iot_n=$1 iot_f=$2
  shift 2
  for iot_e in "$@"; do
    [ -d $iot_I/events/$iot_e ] && iot_arm $iot_e "$iot_f" && { echo "on $iot_n"; return 0; }
  done
  echo "none $iot_n"
}
iot_function() {
  iot_n=$1 iot_f=$2
  shift 2
  while [ $# -gt 1 ]; do
    echo "$2" >> $iot_T/kprobe_events && iot_arm $iot_group/$1 "$iot_f" && { echo "on $iot_n"; return 0; }
    shift 2
  done 2>/dev/null
  echo "none $iot_n"
}
iot_stats() { cat $iot_I/per_cpu/cpu*/stats; }
iot_disks() {
  for iot_d in /sys/block/*; do
    [ -e $iot_d/device ] || continue
    iot_p=$(readlink -f $iot_d/device) iot_v=none
    for iot_q in $iot_p $iot_p/.. $iot_p/device; do
      [ -e $iot_q/driver ] && { iot_v=$(readlink -f $iot_q/driver); break; }
    done
    echo "disk ${'$'}{iot_d##*/} $(cat $iot_d/dev) $(cat $iot_d/size) ${'$'}{iot_p##*/} ${'$'}{iot_v##*/}"
  done
}
iot_show() {
  for iot_f in "$@"; do
    [ -f "$iot_f" ] && iot_v=$(cat "$iot_f" 2>/dev/null) && [ -n "$iot_v" ] && echo "$iot_f:$iot_v"
  done
  return 0
}
iot_work() {
  iot_max=$1
  shift
  mkfifo $iot_D/gate || return 1
  (
    sh -c 'echo $$ > "$0/pid"; read -r go < "$0/gate"; exec "$@"' $iot_D "$@" 2> $iot_D/err
    echo $? > $iot_D/status
  ) </dev/null | head -c $iot_max > $iot_D/out &
  iot_n=0
  while [ ! -s $iot_D/pid ] && [ $iot_n -lt 50 ]; do iot_n=$((iot_n + 1)); sleep 0.1 2>/dev/null || sleep 1; done
  iot_job=$(cat $iot_D/pid) && echo "pid $iot_job"
}
iot_beat() {
  kill -USR1 $iot_dog
  echo "done $(cat /sys/block/$1/stat)"
  [ -d $iot_I ] && iot_stats | sed -n 's/^dropped events: \([0-9]*\)$/lost \1/p'
  [ -s $iot_D/status ] && echo "ended $(cat $iot_D/status)"
  return 0
}
`;
