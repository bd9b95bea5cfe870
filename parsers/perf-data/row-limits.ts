/** The kernel's PID_MAX_LIMIT: no thread id is above it. */
export const MAX_TID = 1 << 22;
/** The tid of a row whose thread is not known; perf's own -1, for a task that is already gone. */
export const NO_TID = 0xffff_ffff;
/** The cpu of a row whose CPU is not known; no CPU has this number. */
export const NO_CPU = 0xffff;
