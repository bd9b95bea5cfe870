/** From request to request in a report, as a schema; `ApplicationCycle` says what it is. */
import * as z from 'zod';

const ns = (description: string) => z.number().meta({ description: `${description}, ns` });

export const cycleSchema = z
  .object({
    ownNs: ns('from request to request by the application’s own rate'),
    roundingNs: ns('how far that can be off by its own rounding'),
    tracedNs: ns('the same in the trace'),
    closure: z.number().meta({ description: 'tracedNs over ownNs' }),
    betweenNs: ns('of tracedNs, between the return of a request and the begin of the next'),
    betweenP50Ns: ns('the median of what lies between'),
    betweenMaxNs: ns('the longest of it'),
  })
  .nullable()
  .meta({ description: 'null: requests overlap, some are missing, or there is no rate' });
