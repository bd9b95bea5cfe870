/** What is known of the clocks of single CPUs in a report, as a schema; `cpu-clocks.ts` says what it is. */
import * as z from 'zod';

export const cpuClocksNsSchema = z.number().nullable().meta({
  description:
    'most by which it can be off if the clocks of the CPUs that stamped its ends are not one, as far as the recording’s own events tell, ns; null: they do not tell',
});

export const cpuClocksSchema = z
  .array(
    z.object({
      machine: z.enum(['guest', 'host']),
      cpus: z.array(z.number()).meta({ description: 'CPUs that stamped ends of stages' }),
      provenNs: z.number().nullable().meta({
        description:
          'most by which the clocks of two of them can differ, as far as the recording’s own events tell, ns; null: they do not tell. One that is set meanwhile may be off by as much in any stage of what is in flight then',
      }),
      oneCounter: z.boolean().meta({
        description: 'the trace clock is made to be the same on all CPUs; false: each has its own',
      }),
    }),
  )
  .meta({ description: 'machines of which more than one CPU stamped' });
