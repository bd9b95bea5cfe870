/** Percentiles of the application's own latencies in a report, as a schema. */
import * as z from 'zod';

const ns = (description: string) => z.number().meta({ description: `${description}, ns` });

export const spreadSchema = z
  .object({
    of: z.enum(['total', 'completion']),
    minNs: ns('least'),
    p50Ns: ns('median'),
    p90Ns: ns('90th percentile'),
    p99Ns: ns('99th percentile'),
    p999Ns: ns('99.9th percentile'),
    maxNs: ns('most'),
  })
  .nullable()
  .default(null)
  .meta({ description: 'the application’s own latencies, of whole calls or of completions; null: not said' });
