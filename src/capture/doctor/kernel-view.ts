/** What a kernel shows of itself: all that decides whether a point can be seen on it. Drawn in tests. */
export interface KernelView {
  readonly machine: 'host' | 'guest';
  /** `uname -r`; foreign text of a guest. */
  readonly release: string;
  readonly isLinux: boolean;
  readonly isRoot: boolean;
  /** tracefs is mounted. Not known to others than root. */
  readonly hasTracefs: boolean;
  /** Mode of kernel_lockdown(7); `none` also where the kernel has no such thing. */
  readonly lockdown: 'none' | 'integrity' | 'confidentiality';
  /** tracefs has kprobe_events. */
  readonly hasKprobes: boolean;
  /** tracefs has uprobe_events. */
  readonly hasUprobes: boolean;
  /** /sys/kernel/btf/vmlinux, which fentry needs. */
  readonly hasBtf: boolean;
  /** Of the events that were asked for those there are, `kvm/kvm_exit`. */
  readonly events: ReadonlySet<string>;
  /** Of their systems those there are: `kvm`. */
  readonly systems: ReadonlySet<string>;
  /** Functions, of those asked for at least, and those of them that kprobes are kept away from. */
  readonly functions: ReadonlySet<string>;
  readonly blacklist: ReadonlySet<string>;
}

/** A program that traces. */
export type ToolView =
  | { readonly version: string }
  /** `reason` is a code of IotraceError; what it says and what to do about it. */
  | { readonly reason: string; readonly text: string; readonly remedy: string };

/** bpftrace, and what its scripts can attach to. */
export type BpftraceView =
  | { readonly version: string; probeOf(probe: string): string | undefined }
  | { readonly reason: string; readonly text: string; readonly remedy: string };

/** The mode of /sys/kernel/security/lockdown: `none [integrity] confidentiality`. */
export function lockdownMode(text: string): KernelView['lockdown'] {
  const mode = /\[(integrity|confidentiality)\]/.exec(text)?.[1];
  return mode === 'integrity' || mode === 'confidentiality' ? mode : 'none';
}
