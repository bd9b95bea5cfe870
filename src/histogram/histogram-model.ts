/** Histograms of a disk's stages, as `iotrace record --histogram` writes them. The file is foreign when it is read again. */
import * as z from 'zod';
import { MOST_BUCKETS } from './buckets.ts';

/** One more when a field changes its meaning or goes. */
export const HISTOGRAM_SCHEMA = 1;

/** Stages by the number the script gives them. */
export const HISTOGRAM_STAGES = {
  1: {
    id: 'call-to-issue',
    title: 'call to issue',
    about: 'system call to the request being handed to the driver',
  },
  2: { id: 'device', title: 'device', about: 'issued to completed' },
  3: {
    id: 'complete-to-return',
    title: 'complete to return',
    about: 'completed to the return of the call that waited',
  },
  4: { id: 'whole-call', title: 'whole call', about: 'a call that waited, from its entry to its return' },
} as const;

/** What the script could not pair, by the number it gives it; `unfinished` is what its counts leave. */
export const UNPAIRED = {
  1: 'issued by no call that was counted (write-back, another process, a call begun before)',
  2: 'completed and not seen issued (in flight when it began, or when keys were cleared)',
  3: 'completed after their call had returned (asynchronous: their way back is not measured)',
  unfinished:
    'issued and not seen completed (in flight when it ended, issued twice, or passed over uncounted)',
} as const;

const count = z.number().int().nonnegative();

const stageSchema = z.strictObject({
  id: z.string().max(64),
  n: count,
  /** Exact. */
  sumNs: z.number().nonnegative(),
  maxNs: z.number().nonnegative(),
  buckets: z.array(z.tuple([count.max(MOST_BUCKETS), count])).max(MOST_BUCKETS + 1),
});

/** The file. */
export const histogramSchema = z.strictObject({
  iotrace: z.literal('histogram'),
  schema: z.literal(HISTOGRAM_SCHEMA),
  tool: z.string().max(64),
  title: z.string().max(4096),
  disk: z.string().max(256),
  seconds: z.number().nonnegative(),
  stages: z.array(stageSchema).max(16),
  unpaired: z.array(z.strictObject({ what: z.string().max(256), n: count })).max(16),
  /** Hits that nested in another BPF program and were not counted; null where the kernel does not say. */
  missed: count.nullable(),
  notes: z.array(z.string().max(4096)).max(256),
});

export type Histogram = z.infer<typeof histogramSchema>;
export type HistogramStage = Histogram['stages'][number];
