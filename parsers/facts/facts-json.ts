import * as z from 'zod';
import type { Facts } from './facts.ts';
import { ProblemList, type Reading } from './reading.ts';

/** The `iotraceFacts` version this reads. */
const VERSION = 1;

const text = z.string().max(256 * 1024);
const count = z.int().nonnegative();
const decimal = z
  .string()
  .regex(/^-?\d{1,20}$/)
  .transform(BigInt);
const threads = z.array(z.strictObject({ tid: count.max(0xffffffff), name: text }));
const eventfds = z.array(z.strictObject({ fd: count, id: count }));
const interrupts = z.array(z.strictObject({ name: text, before: count, after: count }));

/** The file's schema: Facts, with 64-bit values as decimal strings. Unknown fields are errors, not ignored. */
const factsFile = z.strictObject({
  iotraceFacts: z.literal(VERSION),
  qemuCommandLine: text.optional(),
  daemonCommandLine: text.optional(),
  qemuThreads: threads.optional(),
  daemonThreads: threads.optional(),
  qemuEventfds: eventfds.optional(),
  daemonEventfds: eventfds.optional(),
  tscOffsets: z.array(z.strictObject({ vcpu: count, offset: decimal })).optional(),
  hostClockPairs: z
    .array(
      z.strictObject({
        clock: z.enum(['mono', 'mono_raw', 'boot', 'realtime', 'tai']),
        ns: decimal,
        tsc: decimal,
        widthTicks: count,
      }),
    )
    .optional(),
  guestInterrupts: interrupts.optional(),
  hostInterrupts: interrupts.optional(),
  kvmStats: z.record(z.string(), z.int()).optional(),
  memoryPagesByNode: z.array(z.strictObject({ node: count, pages: count })).optional(),
  hostNodes: z.array(z.strictObject({ node: count, cpus: z.array(count.max(65534)) })).optional(),
  guestNodes: z.array(z.strictObject({ node: count, cpus: z.array(count.max(65534)) })).optional(),
  driveNode: z.int().min(-1).optional(),
  perfCounts: z
    .array(
      z.strictObject({
        who: text,
        event: text,
        count: z.number().nonnegative().nullable(),
        state: z.enum(['counted', 'not supported', 'not counted']),
        runningShare: z.number().min(0).max(1),
      }),
    )
    .optional(),
  memorySamples: z
    .strictObject({
      tool: z.enum(['perf mem', 'perf c2c']),
      loads: count,
      localMemory: count,
      remoteMemory: count,
      remoteCache: count,
      unknown: count,
    })
    .optional(),
  notes: z.array(text).max(1000).optional(),
});

/** True when the text is a JSON object that calls itself iotrace's facts. */
export function sniffFactsJson(content: string): boolean {
  return /^\s*\{/.test(content) && /"iotraceFacts"\s*:/.test(content);
}

/** Reads `facts.json` (see README.md); `data` is undefined when any field is wrong, and the problem names the field. */
export function parseFactsJson(content: string): Reading<Facts | undefined> {
  const problems = new ProblemList();
  const json = parse(content);
  if (json === undefined) problems.error(0, 'not JSON');
  const parsed = factsFile.safeParse(json);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      problems.error(0, `${issue.path.map(String).join('.')}: ${issue.message}`);
    }
    return { data: undefined, problems: problems.list() };
  }
  const { iotraceFacts: _, ...data } = parsed.data;
  return { data, problems: problems.list() };
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
