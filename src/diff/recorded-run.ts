import type { ReportModel } from '../report/report-model.ts';
import type { RequestTimes } from './request-times.ts';

/** A recording with its requests in columns. At least one request was followed. */
export interface RecordedRun {
  readonly name: string;
  readonly model: ReportModel;
  readonly times: RequestTimes;
}
