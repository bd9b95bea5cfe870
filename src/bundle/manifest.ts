/**
 * manifest.json, the first member of a bundle: which member is what, and the facts read off the machines. Holds no time
 * of day, so that bundles made from the same input are byte for byte the same.
 */
import * as z from 'zod';
import { IotraceError, quoted } from '../errors.ts';
import { CLOCKS, decimal64, factsSchema } from './facts-schema.ts';
import { MAX_MANIFEST_BYTES, MAX_MEMBER_BYTES, MAX_MEMBERS } from './limits.ts';
import { whyBadMemberName } from './member-name.ts';

/** The manifest's version. A change that an older iotrace would misread, or a new field, makes it one more. */
export const MANIFEST_SCHEMA = 1;

/** Largest script that is kept: those of tracers have some kilobytes. */
export const MAX_SCRIPT_CHARACTERS = 262_144;

const member = z.string().refine((name) => !name.endsWith('/') && whyBadMemberName(name) === undefined, {
  error: 'not the name of a member',
});

const stream = z
  .strictObject({
    /** Member that holds the stream, unpacked if it was gzip. */
    member,
    /** The file as the user gave it; foreign text. */
    name: z.string(),
    machine: z.enum(['host', 'guest']),
    /** Name of the format that reads it. */
    format: z.string(),
    /** Bytes of the member when unpacked. */
    bytes: z.int().nonnegative().max(MAX_MEMBER_BYTES),
    /** The clock it was stamped with, where only who recorded it knows: text of tracefs does not say. */
    clock: z.enum(CLOCKS).optional(),
    /** Source of the bpftrace script that wrote the stream, where its own header does not name its events. */
    script: z.string().max(MAX_SCRIPT_CHARACTERS).optional(),
  })
  .readonly();

const manifestSchema = z
  .strictObject({
    schema: z.literal(MANIFEST_SCHEMA),
    tool: z.strictObject({ name: z.literal('iotrace'), version: z.string() }).readonly(),
    title: z.string(),
    streams: z.array(stream).max(MAX_MEMBERS).readonly(),
    groundTruth: z
      .strictObject({
        member,
        name: z.string(),
        /** fio's latency log beside its JSON: what each single request took. */
        latencies: z.strictObject({ member, name: z.string() }).readonly().optional(),
      })
      .readonly()
      .nullable(),
    facts: factsSchema,
    /** Files of the facts folder that nothing reads; their content is not in the bundle. */
    factsNotUnderstood: z
      .array(z.strictObject({ name: z.string(), reason: z.string() }).readonly())
      .readonly(),
    /** Path the user named instead of letting it be detected. */
    path: z.string().optional(),
    /** Guest TSC less host TSC, ticks, where the user gave it. */
    tscOffset: decimal64.optional(),
    notes: z.array(z.string()).readonly().optional(),
  })
  .readonly()
  .superRefine((manifest, context) => {
    const members = [...manifest.streams.map(({ member }) => member), ...truthMembers(manifest)];
    const seen = new Set<string>();
    for (const member of members) {
      if (seen.has(member)) context.addIssue(`member ${quoted(member)} is listed twice`);
      seen.add(member);
    }
  });

/** The manifest in memory: facts are RecordingFacts, 64-bit values are bigint. */
export type Manifest = z.output<typeof manifestSchema>;

/** Members that are the application's own times. */
export function truthMembers({ groundTruth }: Pick<Manifest, 'groundTruth'>): string[] {
  if (groundTruth === null) return [];
  return [groundTruth, groundTruth.latencies].flatMap((file) => (file === undefined ? [] : [file.member]));
}

/** A stream as the manifest lists it. */
export type ManifestStream = Manifest['streams'][number];

/** Reads manifest.json. Throws an IotraceError that names the field, or the schema number of a later iotrace. */
export function parseManifest(text: string): Manifest {
  const json = parseJson(text);
  checkSchemaNumber(json);
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new IotraceError('manifest-invalid', `manifest.json is not valid: ${issues(parsed.error)}.`, {
    hint: 'The bundle was changed by hand or is damaged. Import the raw files again (iotrace import).',
    cause: parsed.error,
  });
}

/** Prints a manifest as manifest.json, so that parseManifest gives it back. Throws an IotraceError that names the field. */
export function printManifest(manifest: Manifest): string {
  const encoded = z.safeEncode(manifestSchema, manifest);
  if (!encoded.success) {
    throw new IotraceError('manifest-invalid', `The bundle cannot be described: ${issues(encoded.error)}.`, {
      hint: 'Leave the named fact out, or correct it in the facts folder.',
      cause: encoded.error,
    });
  }
  const text = `${JSON.stringify(encoded.data, null, 2)}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_MANIFEST_BYTES) return text;
  throw new IotraceError(
    'manifest-too-large',
    `The facts take ${bytes} bytes; a manifest may have ${MAX_MANIFEST_BYTES}.`,
    {
      hint: 'Take the largest file out of the facts folder.',
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IotraceError('manifest-invalid', 'manifest.json is not JSON.', {
      hint: 'The bundle was changed by hand or is damaged. Import the raw files again (iotrace import).',
      cause,
    });
  }
}

function checkSchemaNumber(json: unknown): void {
  const schema = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined;
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema <= MANIFEST_SCHEMA) return;
  const facts = `The bundle has manifest schema ${schema}; this iotrace reads up to ${MANIFEST_SCHEMA}.`;
  throw new IotraceError('manifest-schema-unknown', facts, {
    hint: 'Update iotrace: the bundle was written by a later version.',
  });
}

function issues(error: z.ZodError): string {
  const shown = error.issues.slice(0, 3).map((issue) => {
    const where = issue.path.map(String).join('.');
    return where === '' ? plain(issue.message) : `${plain(where)}: ${plain(issue.message)}`;
  });
  const more = error.issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Field names and messages can hold foreign keys. */
function plain(text: string): string {
  return quoted(text).slice(1, -1);
}
