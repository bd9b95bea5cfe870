/**
 * Prints the published JSON Schema. After a change of ReportModel:
 *
 *   npm run build && node dist/src/report/write-report-schema.js > schema/report-1.schema.json
 */
import { reportJsonSchema } from './report-schema.ts';

process.stdout.write(reportJsonSchema());
