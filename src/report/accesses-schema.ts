/** Hardware counts of a report, as a schema. */
import * as z from 'zod';

const perRequest = z.number().nullable().meta({ description: 'accesses a request, null: not counted' });

export const accessesSchema = z
  .object({
    family: z.string().nullable().meta({ description: 'events that were used, null: none gave a count' }),
    localPerRequest: perRequest,
    remotePerRequest: perRequest,
    by: z
      .array(z.object({ who: z.string(), local: perRequest, remote: perRequest }))
      .meta({ description: 'the same by thread or node' }),
    notes: z.array(z.string()).meta({ description: 'what limits the counts' }),
  })
  .nullable()
  .meta({ description: 'hardware counts of memory accesses, null: none beside the recording' });

const samples = z.number().meta({ description: 'samples' });

export const samplesSchema = z
  .object({
    tool: z.enum(['perf mem', 'perf c2c']),
    loads: samples,
    localMemory: samples,
    remoteMemory: samples,
    remoteCache: samples,
    unknown: samples,
  })
  .nullable()
  .meta({ description: 'sampled loads by what served them, null: not sampled' });
