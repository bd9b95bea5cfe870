/** The comparison's shape as a zod schema; the published JSON Schema is generated from it. It does not compile while it and DiffModel differ. */
import * as z from 'zod';
import type { DiffModel } from './diff-model.ts';

/** JSON has no infinity: an end that is open is null there. */
const ns = (description: string) =>
  z
    .number()
    .nullable()
    .transform((value) => value ?? Number.NaN)
    .meta({ description: `${description}, ns` });
const text = (description: string) => z.string().meta({ description });
const count = (description: string) => z.number().meta({ description });

const interval = {
  ns: ns('B less A'),
  lowNs: ns('lower end of the 95 % interval of this difference alone; null: open'),
  highNs: ns('upper end of the 95 % interval of this difference alone; null: open'),
};

const differenceShape = {
  aNs: ns('mean a request of A'),
  bNs: ns('mean a request of B'),
  ...interval,
  bulk: z
    .object(interval)
    .nullable()
    .meta({ description: 'the same with the slowest and the fastest 5 % clipped; null: not known' }),
  slowerChance: z.number().nullable().meta({
    description: 'chance that a request of B takes longer than one of A, ties half; null: not known',
  }),
  p: count('the smaller p of mean and bulk, after Holm’s correction'),
  wanderNs: ns('twice what the recordings stray by themselves'),
  clockNs: ns('what the clocks leave open, both sides together'),
  smallestNs: ns('the smallest difference this comparison could have shown, about; null: none'),
  shown: z.enum(['slower', 'faster', 'no']).meta({ description: 'B against A' }),
  by: z.enum(['mean', 'bulk']).nullable(),
  heldBy: z
    .enum(['chance', 'wander', 'clocks'])
    .nullable()
    .meta({ description: 'what it did not hold against; null: it is shown' }),
};

const difference = z.object(differenceShape).meta({ id: 'Difference' });

const stageDifference = z
  .object({
    id: text('name of the stage; a merged stage joins names with +'),
    title: text('plain name'),
    side: z.enum(['submit', 'device', 'complete']),
    ofA: z.array(z.string()).meta({ description: 'stages of A it is the sum of; empty: A does not have it' }),
    ofB: z.array(z.string()).meta({ description: 'stages of B it is the sum of; empty: B does not have it' }),
    ...differenceShape,
  })
  .meta({ id: 'StageDifference' });

const side = z
  .object({
    title: z.string(),
    runs: z.array(
      z.object({
        name: text('file name'),
        requests: z.number(),
        meanNs: ns('mean'),
        grade: z.enum(['A', 'B', 'C', 'D', 'E', 'F']).nullable(),
      }),
    ),
    requests: count('matched requests of all runs'),
  })
  .meta({ id: 'Side' });

const setting = z
  .object({
    name: z.string(),
    a: z.string().nullable(),
    b: z.string().nullable(),
    refuses: z.boolean().meta({ description: 'compared only because the user insisted' }),
  })
  .meta({ id: 'Setting' });

/** A comparison as published, diff schema 1. */
export const diffSchema = z.object({
  diff: z.literal(1),
  tool: z.object({ name: z.literal('iotrace'), version: z.string() }),
  kind: z.enum(['recordings', 'fio']),
  a: side,
  b: side,
  method: z.object({
    unit: z.enum(['blocks', 'runs', 'none']).meta({ description: 'what the bootstrap draws' }),
    unitsA: z.number(),
    unitsB: z.number(),
    paired: z.boolean().meta({ description: 'one run seen twice: its requests are compared one by one' }),
    resamples: z.number(),
    seed: z.number(),
    questions: count('asked at once; p is corrected for them'),
  }),
  total: difference,
  stages: z.array(stageDifference).meta({ description: 'their ns sum to that of the total' }),
  matters: z.array(setting).meta({ description: 'settings that decide whether the sides can be compared' }),
  found: z
    .array(setting)
    .meta({ description: 'findings that only one side has, and hops between NUMA nodes where they differ' }),
  settings: z.array(setting).meta({ description: 'all other settings that differ' }),
  notes: z.array(z.string()),
});

type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Assert<T extends true> = T;

/** Does not compile when the schema and DiffModel differ in any field, in either direction. */
export type DiffSchemaIsDiffModel = Assert<Same<Writable<z.infer<typeof diffSchema>>, Writable<DiffModel>>>;

/** The published JSON Schema (draft 2020-12) of diff schema 1, as the text of its file. */
export function diffJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(diffSchema, { target: 'draft-2020-12', io: 'input' });
  const head = {
    $schema,
    $id: 'diff-1.schema.json',
    title: 'iotrace diff, schema 1',
    description: 'Two sides compared stage by stage. Times are nanoseconds; a difference is B less A.',
  };
  return `${JSON.stringify({ ...head, ...rest }, null, 2)}\n`;
}
