/**
 * Prints the published JSON Schema. After a change of ReportModel:
 *
 *   npm run build && node dist/src/commands/write-report-schema.js > schema/report-1.schema.json
 */
import { reportJsonSchema } from '../report/report-schema.ts';

process.stdout.write(reportJsonSchema());
