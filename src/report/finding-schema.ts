/** One finding of a report, as a schema. */
import * as z from 'zod';

export const findingSchema = z.object({
  id: z.string(),
  severity: z.enum(['info', 'warning', 'problem']),
  title: z.string(),
  evidence: z.string(),
  gain: z
    .object({
      atMostNs: z.number().meta({ description: 'upper bound of what a change saves a request, ns' }),
      share: z.number().meta({ description: 'of the mean total, 0 to 1' }),
      uncertaintyNs: z.number().nullable().meta({ description: '± by the clocks, ns; null: no bound known' }),
      basis: z.string().meta({ description: 'stages or populations it is taken from' }),
      caveat: z.string().meta({ description: 'why a real machine would differ' }).nullable(),
    })
    .nullable()
    .meta({ description: 'null: nothing in the recording measures it' }),
  confidence: z.enum(['high', 'medium', 'low']).meta({ description: 'that the cause is the one named' }),
  fix: z.string(),
});
