/** What the application measured, in a report, as a schema; ReportModel says what it is. */
import * as z from 'zod';
import { cycleSchema } from './cycle-schema.ts';
import { count, list, measure, ns, reasons, text } from './schema-words.ts';
import { spreadSchema } from './spread-schema.ts';

export const truthSchema = z.object({
  source: text('where the application’s times come from'),
  kind: z.enum(['request-log', 'latency-log', 'fio']),
  requests: count('requests the application measured'),
  meanNs: ns('their mean'),
  spread: spreadSchema,
  perRequest: z.boolean().describe('whether each request was compared with its own time, or means only'),
  closure: measure('sum of the stages over the application’s own time'),
  tracedShare: measure('share of the application’s own time between the first and the last traced point'),
  outsideNs: ns('time a request that lies outside the traced points'),
  beforeCallNs: ns(
    'of outsideNs, the application’s own code before the call (fio: lat less clat); null: not told apart',
  ).nullable(),
  otherRequests: text('why the two cannot be compared; null: they can').nullable(),
  unseen: list(text('in words'), 'what of the own time no tracer could see here'),
  cycle: cycleSchema,
  matched: count('requests both know'),
  missing: reasons('reason to count of requests only one side knows'),
});
