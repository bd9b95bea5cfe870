/**
 * RecordingFacts as JSON: one zod schema for both directions (`z.decode` reads, `z.encode` writes), 64-bit values as
 * decimal strings. `FactsSchemaIsRecordingFacts` makes the compiler refuse any difference from RecordingFacts.
 */
import * as z from 'zod';
import type { ClockId } from '../../parsers/format.ts';
import type { RecordingFacts } from '../trace/recording.ts';

export const CLOCKS = [
  'mono',
  'mono_raw',
  'boot',
  'realtime',
  'tai',
  'local',
  'x86-tsc',
  'unknown',
] as const satisfies readonly ClockId[];

/** A 64-bit value: decimal string in JSON, bigint in memory. From −2^63 (signed offsets) to 2^64−1 (counters). */
export const decimal64 = z.codec(
  z.string().regex(/^(?:0|-?[1-9]\d{0,19})$/, 'not a decimal integer'),
  z
    .bigint()
    .gte(-(2n ** 63n), 'below -2^63')
    .lt(2n ** 64n, 'not below 2^64'),
  { decode: (text) => BigInt(text), encode: (value) => value.toString() },
);

const list = <T extends z.ZodType>(element: T) => z.array(element).readonly();
const count = z.int().nonnegative();
const threads = list(z.strictObject({ tid: count, name: z.string() }).readonly());
const eventfds = list(z.strictObject({ fd: count, id: count }).readonly());
const interrupts = list(z.strictObject({ name: z.string(), before: count, after: count }).readonly());
const clockPair = z
  .strictObject({ clock: z.enum(CLOCKS), ns: decimal64, tsc: decimal64, widthTicks: count })
  .readonly();

/** Facts inside manifest.json. Unknown fields are errors: a fact is understood or it is not there. */
export const factsSchema = z
  .strictObject({
    qemuCommandLine: z.string().optional(),
    daemonCommandLine: z.string().optional(),
    qemuThreads: threads.optional(),
    daemonThreads: threads.optional(),
    qemuEventfds: eventfds.optional(),
    daemonEventfds: eventfds.optional(),
    tscOffsets: list(z.strictObject({ vcpu: count, offset: decimal64 }).readonly()).optional(),
    hostClockPairs: list(clockPair).optional(),
    guestInterrupts: interrupts.optional(),
    hostInterrupts: interrupts.optional(),
    kvmStats: z.record(z.string(), z.number()).readonly().optional(),
    memoryPagesByNode: list(z.strictObject({ node: count, pages: count }).readonly()).optional(),
    hostNodes: list(z.strictObject({ node: count, cpus: list(count) }).readonly()).optional(),
    guestNodes: list(z.strictObject({ node: count, cpus: list(count) }).readonly()).optional(),
    driveNode: z.int().min(-1).optional(),
    perfCounts: list(
      z
        .strictObject({
          who: z.string(),
          event: z.string(),
          count: z.number().nonnegative().nullable(),
          state: z.enum(['counted', 'not supported', 'not counted']),
          runningShare: z.number().min(0).max(1),
        })
        .readonly(),
    ).optional(),
    memorySamples: z
      .strictObject({
        tool: z.enum(['perf mem', 'perf c2c']),
        loads: count,
        localMemory: count,
        remoteMemory: count,
        remoteCache: count,
        unknown: count,
      })
      .readonly()
      .optional(),
    tracerCounts: list(
      z.strictObject({ stream: z.string(), delivered: count.optional(), lost: count }).readonly(),
    ).optional(),
    tracingCost: z
      .strictObject({
        by: z.enum(['application', 'disk']),
        untracedNs: list(z.number().positive()),
        tracedNs: list(z.number().positive()),
      })
      .readonly()
      .optional(),
    notes: list(z.string()).optional(),
  })
  .readonly();

/** True only for identical types: `A extends B` both ways would let an optional field slip through. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Assert<T extends true> = T;
type Flat<T> = T extends bigint | string | number | undefined ? T : { [Key in keyof T]: Flat<T[Key]> };

/** Does not compile when the schema and RecordingFacts differ in any field, in either direction. */
export type FactsSchemaIsRecordingFacts = Assert<
  Same<Flat<z.output<typeof factsSchema>>, Flat<RecordingFacts>>
>;

/** A clock that ClockId has and CLOCKS has not would make facts unwritable. */
export type ClocksAreComplete = Assert<Same<(typeof CLOCKS)[number], ClockId>>;
