/** Whether the application asked for polled completions: by the flags of its system calls, or by what fio says of its job. */
import { NO_ROW } from '../trace/units.ts';
import { countOf, ofRequests } from './evidence.ts';
import type { FindingInput } from './finding.ts';

/** RWF_HIPRI of preadv2 and pwritev2 (include/uapi/linux/fs.h). */
const RWF_HIPRI = 1;

export interface PollingAsked {
  /** By a synchronous call, or by a ring that was set up to poll (io_uring's IOPOLL). */
  readonly by: 'call' | 'ring';
  readonly text: string;
}

/** How polling was asked for; undefined where nothing shows that it was. */
export function pollingAsked(input: FindingInput): PollingAsked | undefined {
  const { app, followed, path } = input.correlated;
  const rows = followed.rows.get(path.anchors.submit);
  const kinds = new Set(
    ['sys_enter_preadv2', 'sys_enter_pwritev2'].flatMap((name) => {
      const [row] = app.occurrences.rows(name);
      return row === undefined ? [] : [app.table.kind[row]!];
    }),
  );
  const flagged = countOf(input, (request) => {
    const row = rows?.[request] ?? NO_ROW;
    return row !== NO_ROW && kinds.has(app.table.kind[row]!) && (app.table.aux[row]! & RWF_HIPRI) !== 0;
  });
  if (flagged > 0)
    return { by: 'call', text: `${ofRequests(input, flagged)} asked for polling (RWF_HIPRI of preadv2)` };
  if (input.fio?.hipri !== true) return undefined;
  const { ioengine = 'unknown' } = input.fio;
  return {
    by: ioengine.startsWith('io_uring') ? 'ring' : 'call',
    text: `fio asked for polling (hipri, ioengine ${ioengine})`,
  };
}
