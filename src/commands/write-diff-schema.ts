/**
 * Prints the published JSON Schema of a comparison. After a change of DiffModel:
 *
 *   npm run build && node dist/src/commands/write-diff-schema.js > schema/diff-1.schema.json
 */
import { diffJsonSchema } from '../diff/diff-schema.ts';

process.stdout.write(diffJsonSchema());
