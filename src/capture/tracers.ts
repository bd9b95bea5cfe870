/** How each tracer is made, and why one of them was taken. */
import { bpftraceTracer } from './bpftrace/bpftrace-tracer.ts';
import { perfTracer } from './perf/perf-tracer.ts';
import { tracefsTracer } from './tracefs/tracefs-tracer.ts';
import type { Tracer, TracerPlan } from './tracer.ts';
import type { TracerChoice, TracerName } from './tracer-names.ts';

/** Makes a tracer of this name, which has touched nothing yet. */
export const TRACERS: Readonly<Record<TracerName, (plan: TracerPlan) => Tracer>> = {
  tracefs: tracefsTracer,
  perf: perfTracer,
  bpftrace: bpftraceTracer,
};

/** The tracer that is asked for or best here, and a sentence that says why it is that one. */
export function chooseTracer(asked: TracerChoice): { name: TracerName; reason: string } {
  if (asked !== 'auto') return { name: asked, reason: `tracer: ${asked}, as asked for` };
  return {
    name: 'tracefs',
    reason: 'tracer: tracefs, which needs nothing installed and counts for each CPU what it lost',
  };
}
