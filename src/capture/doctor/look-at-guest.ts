/** A guest as the doctor sees it, through a shell there. Nothing is recorded; what it answers is names of a strict form. */
import { IotraceError } from '../../errors.ts';
import { GuestSide } from '../guest/guest-side.ts';
import type { WantedPoint } from '../wanted-point.ts';
import { type KernelView, lockdownMode } from './kernel-view.ts';
import type { MachineView } from './see-point.ts';

/** Words are `SYSTEM/EVENT`, and functions without a slash. */
const LOOK = String.raw`iot_look() {
  echo "release $(uname -r)"
  echo "lockdown $(cat /sys/kernel/security/lockdown 2>/dev/null)"
  [ -e $iot_T/kprobe_events ] && echo kprobes
  [ -e /sys/kernel/btf/vmlinux ] && echo btf
  for iot_w in "$@"; do
    case $iot_w in
      */*)
        [ -d $iot_T/events/${'$'}{iot_w%/*} ] && echo "system ${'$'}{iot_w%/*}"
        [ -e $iot_T/events/$iot_w/format ] && echo "event $iot_w";;
      *)
        grep -q "^[0-9a-f]* [tTwW] $iot_w\([[:space:]]\|$\)" /proc/kallsyms && echo "function $iot_w"
        grep -q "[[:space:]]$iot_w$" /sys/kernel/debug/kprobes/blacklist 2>/dev/null && echo "forbidden $iot_w";;
    esac
  done
  return 0
}; iot_look`;

/** In a guest iotrace records with the guest's own tracefs alone. */
const NO_TOOL = { reason: 'not-used', text: 'In a guest only its own tracefs is used.', remedy: '' };

/**
 * Connects by a command that gives a root shell, looks, and leaves. A guest whose shell is not root's, or that has no
 * tracefs, is an answer; throws an IotraceError when there is no shell.
 */
export async function lookAtGuest(
  command: readonly string[],
  wanted: readonly WantedPoint[],
): Promise<MachineView> {
  const tools = { perf: NO_TOOL, bpftrace: NO_TOOL, library: [] };
  try {
    const inside = await GuestSide.open(command);
    try {
      return { kernel: readView(await inside.run(LOOK, ...wordsOf(wanted))), ...tools };
    } finally {
      await inside.close();
    }
  } catch (error) {
    const code = error instanceof IotraceError ? error.code : '';
    if (code === 'guest-not-root') return { kernel: { ...readView(''), isRoot: false }, ...tools };
    if (code === 'guest-no-tracefs') return { kernel: { ...readView(''), hasTracefs: false }, ...tools };
    throw error;
  }
}

function wordsOf(wanted: readonly WantedPoint[]): string[] {
  return wanted.flatMap((point) => {
    if (point.kind === 'tracepoint') return point.names.map((name) => `${point.system}/${name}`);
    return point.kind === 'kprobe' ? point.functions.map(({ symbol }) => symbol) : [];
  });
}

/** The view of what the guest answered; lines of another form are left out. */
export function readView(answer: string): KernelView {
  const words = (kind: string) =>
    new Set([...answer.matchAll(new RegExp(`^${kind} ([\\w/.+-]{1,128})$`, 'gm'))].map(([, word]) => word!));
  return {
    machine: 'guest',
    release: [...words('release')][0] ?? '',
    isLinux: true,
    isRoot: true,
    hasTracefs: true,
    lockdown: lockdownMode(/^lockdown (.*)$/m.exec(answer)?.[1] ?? ''),
    hasKprobes: /^kprobes$/m.test(answer),
    // Nothing is probed in programs of a guest.
    hasUprobes: false,
    hasBtf: /^btf$/m.test(answer),
    events: words('event'),
    systems: words('system'),
    functions: words('function'),
    blacklist: words('forbidden'),
  };
}
