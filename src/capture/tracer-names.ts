/** The tracers, in the order in which they are tried. */
export const TRACER_NAMES = ['tracefs', 'perf', 'bpftrace'] as const;

/** One of them. */
export type TracerName = (typeof TRACER_NAMES)[number];

/** What `--tracer` can be. */
export const TRACER_CHOICES = ['auto', ...TRACER_NAMES] as const;

/** One of those. */
export type TracerChoice = (typeof TRACER_CHOICES)[number];
