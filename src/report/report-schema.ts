/**
 * The report's shape as a zod schema: checks a report read back from a bundle or another program, and is what the published
 * JSON Schema is generated from. `ReportSchemaIsReportModel` makes the compiler refuse any difference from ReportModel.
 */
import * as z from 'zod';
import { accessesSchema, samplesSchema } from './accesses-schema.ts';
import { cpuClocksNsSchema, cpuClocksSchema } from './cpu-clocks-schema.ts';
import { findingSchema } from './finding-schema.ts';
import { actorsSchema, virtualNodesSchema } from './placement-schema.ts';
import type { ReportModel } from './report-model.ts';
import { count, list, measure, ns, reasons, share, text } from './schema-words.ts';
import { truthSchema } from './truth-schema.ts';

const distShape = {
  meanNs: ns('arithmetic mean'),
  minNs: ns('smallest'),
  p50Ns: ns('median'),
  p90Ns: ns('90th percentile'),
  p99Ns: ns('99th percentile'),
  p999Ns: ns('99.9th percentile'),
  maxNs: ns('largest'),
  ciLowNs: ns('lower end of the 95 % confidence interval of the mean'),
  ciHighNs: ns('upper end of the 95 % confidence interval of the mean'),
};

const dist = z.object(distShape).meta({ id: 'Dist', description: 'A distribution of times.' });

const stageEnds = {
  id: text('name of the stage; a merged stage joins names with +'),
  from: text('point at which it begins'),
  to: text('point at which it ends'),
};

const stage = z
  .object({
    ...stageEnds,
    title: text('plain name'),
    clock: z
      .enum(['guest', 'host', 'cross'])
      .meta({ description: 'whose clock its ends are on; cross: one each' }),
    side: z.enum(['submit', 'device', 'complete']),
    critical: z.boolean().meta({ description: 'part of the sum' }),
    n: count('matched requests in which it occurs'),
    share: share('part of all critical time'),
    uncertaintyNs: ns('half-width of what the clocks leave open; 0 on one clock'),
    cpuClocksNs: cpuClocksNsSchema,
    bounded: z.boolean().meta({ description: 'the mean is smaller than its uncertainty' }),
    ...distShape,
  })
  .meta({ id: 'Stage', description: 'The time between two neighbouring observed points.' });

const band = z
  .object({
    n: count('requests in the band'),
    fromNs: ns('smallest total in the band'),
    toNs: ns('largest total in the band'),
    meanNs: ns('mean total'),
    stages: list(
      z.object({
        ...stageEnds,
        meanNs: ns('mean over the requests of the band'),
        n: count('of them with the stage'),
      }),
      'same order as the stages of the report; adds up to meanNs',
    ),
  })
  .meta({ id: 'Band', description: 'Mean stack of the requests in a band of total latency.' });

const variant = z
  .object({
    name: text('which optional points its requests took'),
    n: count('its requests'),
    share: share('of the matched requests'),
    meanNs: ns('mean total'),
    stages: list(z.object({ ...stageEnds, meanNs: ns('mean') }), 'adds up to meanNs'),
  })
  .meta({ id: 'Variant', description: 'Requests that took the same optional points.' });

const grade = z
  .enum(['A', 'B', 'C', 'D', 'E', 'F'])
  .meta({ id: 'Grade', description: 'A best, F no number can be trusted.' });

const recording = z.object({
  title: text('as given by the user or the bundle'),
  sources: list(
    z.object({
      name: text('file or bundle member'),
      machine: z.enum(['host', 'guest']),
      format: text('format that read it'),
      clock: text('clock of its stamps'),
      events: count('events used'),
      unused: count('records that are not events of any path'),
    }),
    'the recorded streams',
  ),
});

const path = z.object({
  name: text('name of the I/O path'),
  title: text('plain title'),
  talk: text('where the talk describes it'),
  chosen: z.enum(['detected', 'given']),
  evidence: list(z.string(), 'why, one sentence per piece of evidence'),
  device: text('the traced disk as the trace names it'),
});

const workload = z.object({
  queueDepth: measure('mean number of requests in flight while at least one was'),
  queueDepthMax: measure('most requests in flight'),
  direction: z.enum(['read', 'write', 'mixed']),
  requestBytes: z.number().nullable().meta({ description: 'bytes of a request, null when they differ' }),
  others: count('followed requests of another size or direction, at most one in a hundred of each'),
  iops: measure('requests per second'),
  spanNs: ns('recorded span'),
});

const requests = z.object({
  seen: count('inside the recorded span of every machine that was recorded'),
  outside: count('outside that span'),
  matched: count('followed from end to end; all times are about these'),
  quarantined: count('followed, but touched by a loss or a disorder'),
  quarantineReasons: reasons('reason to count'),
  rejected: reasons('reason to count of the requests that could not be followed'),
  outsideReasons: reasons('kind to count of the requests outside'),
});

const software = z.object({
  meanNs: ns('total without the device; null when no stage is the device alone').nullable(),
  share: share('of the total').nullable(),
  submitNs: ns('submit side'),
  completeNs: ns('complete side'),
  deviceNs: ns('device'),
  deviceIsMerged: z
    .boolean()
    .meta({ description: 'the device stage holds software that could not be told apart' }),
});

const beside = z.object({
  point: text('name of the point'),
  title: text('plain name'),
  n: count('requests that passed it'),
  meanNs: ns('mean after the start of the request'),
  why: text('why it is not on the critical path'),
});

const clock = z.object({
  method: z.enum(['one-clock', 'tsc', 'tsc-pairs', 'causal', 'none']),
  offsetNs: z
    .string()
    .nullable()
    .meta({ description: 'guest minus host in the middle of the recording, ns, decimal text' }),
  driftPpm: measure('drift of one clock against the other, parts per million').nullable(),
  uncertaintyNs: ns('half-width of what is left open').nullable(),
  intervalNs: z
    .tuple([z.number(), z.number()])
    .nullable()
    .meta({ description: 'causal interval around offsetNs, ns' }),
  checked: text('what the relation was checked with, and the outcome'),
  ok: z.boolean().meta({ description: 'false: the check failed' }),
  mostStepNs: ns(
    'about the most by which a clock can have been set meanwhile, and be off in what was in flight then, as far as the messages between the machines tell; null: they do not',
  ).nullable(),
  roundingNs: ns('resolution of the coarsest stamps'),
  cpus: cpuClocksSchema,
});

const numa = z.object({
  actors: actorsSchema,
  hopsPerRequest: measure('changes of node per request').nullable(),
  crossings: list(
    z.object({ stage: text('stage that crosses'), share: share('of the requests') }),
    'stages that cross nodes',
  ),
  byHops: list(
    z.object({ hops: z.number(), n: count('requests'), meanNs: ns('mean total of these requests') }),
    'requests by their changes of node, null: hops not known',
  ).nullable(),
  memoryPagesByNode: z.array(z.object({ node: z.number(), pages: z.number() })).nullable(),
  virtualNodes: virtualNodesSchema,
  accesses: accessesSchema,
  samples: samplesSchema,
  note: z.string().nullable(),
});

/** A report as published, schema 1. Parses a foreign report into our type; fields it does not know are dropped. */
export const reportSchema = z.object({
  schema: z.literal(1),
  tool: z.object({ name: z.literal('iotrace'), version: z.string() }),
  recording,
  path,
  workload,
  requests,
  total: dist,
  software,
  stages: list(stage, 'over the critical ones, the sum of meanNs × n is total.meanNs × requests.matched'),
  beside: list(beside, 'points off the critical path, never summed'),
  bands: z.object({ typical: band, slow: band }),
  variants: z.array(variant),
  counts: list(
    z.object({
      id: z.string(),
      title: z.string(),
      perRequest: measure('events per request of the traced span'),
    }),
    'events per request',
  ),
  clock,
  groundTruth: truthSchema.nullable(),
  littlesLaw: z
    .object({
      product: measure('IOPS × mean latency'),
      queueDepth: measure('queue depth seen'),
      ok: z.boolean(),
    })
    .meta({ description: 'IOPS × latency against the queue depth' }),
  numa,
  overhead: z.object({
    kind: z.enum(['measured', 'estimated', 'not measured']),
    perRequestNs: ns('what tracing adds to a request').nullable(),
    openNs: ns('how far that may be off, 95 %').nullable(),
    text: z.string(),
  }),
  losses: list(
    z.object({
      source: z.string(),
      kind: z.string(),
      count: z.number().nullable().meta({ description: 'events lost, null: not said' }),
      text: z.string(),
    }),
    'places where events were lost',
  ),
  grade: z.object({ letter: grade, reasons: z.array(z.object({ letter: grade, text: z.string() })) }),
  environment: z.array(z.object({ name: z.string(), value: z.string() })),
  findings: z.array(findingSchema),
  notRecorded: list(
    z.object({ point: z.string(), title: z.string(), lost: text('what cannot be told apart without it') }),
    'points no tracer of this recording recorded',
  ),
  standIns: list(
    z.object({
      point: z.string(),
      title: z.string(),
      event: text('what stamped it'),
      instead: text('its own event, which was not recorded'),
      moment: text('what the other event stamps'),
    }),
    'points stamped by an event that stands for their own',
  ),
});

/** A type without readonly, down to its leaves; optional stays optional and tuples stay tuples. */
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;

/** True only for identical types: `A extends B` both ways would let an optional field slip through. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type Assert<T extends true> = T;

/** Does not compile when the schema and ReportModel differ in any field, in either direction. */
export type ReportSchemaIsReportModel = Assert<
  Same<Writable<z.infer<typeof reportSchema>>, Writable<ReportModel>>
>;

/** The published JSON Schema (draft 2020-12) of report schema 1, as the text of its file. */
export function reportJsonSchema(): string {
  const generated = z.toJSONSchema(reportSchema, {
    target: 'draft-2020-12',
    // As a reader sees it: later fields of the same schema number do not make a report invalid.
    io: 'input',
  });
  const { $schema, ...rest } = generated;
  const head = {
    $schema,
    $id: 'report-1.schema.json',
    title: 'iotrace report, schema 1',
    description:
      'Latency breakdown of disk requests. Times are nanoseconds. A number is null where nothing was observed, never 0.',
  };
  return `${JSON.stringify({ ...head, ...rest }, null, 2)}\n`;
}
