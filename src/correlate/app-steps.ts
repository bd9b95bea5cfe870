/** What each kind of event means to the walk that finds an application's requests. */

import { EVENT_KINDS, kindId } from '../../parsers/event-kinds.ts';
import { IO_CALLS } from '../paths/io-calls.ts';

/** The steps of the walk; 0 is none. */
export const STEP = {
  issue: 1,
  complete: 2,
  enter: 3,
  exit: 4,
  submit: 5,
  posted: 6,
  insert: 7,
  merge: 8,
  requeue: 9,
  queue: 10,
  getrq: 11,
  backMerge: 12,
  frontMerge: 13,
} as const;

/** Exits of calls that tell a task of completions. */
export const REAPING: ReadonlySet<number> = new Set(
  ['io_getevents', 'io_pgetevents'].map((call) => kindId(`sys_exit_${call}`)),
);

/** Their beginnings, tagged with how many completions they wait for at least. */
export const REAPS: ReadonlySet<number> = new Set(
  ['io_getevents', 'io_pgetevents'].map((call) => kindId(`sys_enter_${call}`)),
);

const BY_KIND = new Map<number, number>([
  [kindId('block_rq_issue'), STEP.issue],
  [kindId('block_rq_complete'), STEP.complete],
  [kindId('block_rq_insert'), STEP.insert],
  [kindId('block_rq_merge'), STEP.merge],
  [kindId('block_rq_requeue'), STEP.requeue],
  [kindId('block_bio_queue'), STEP.queue],
  [kindId('block_getrq'), STEP.getrq],
  [kindId('block_bio_backmerge'), STEP.backMerge],
  [kindId('block_bio_frontmerge'), STEP.frontMerge],
  [kindId('io_uring_submit_req'), STEP.submit],
  [kindId('io_uring_complete'), STEP.posted],
  ...IO_CALLS.map((call): [number, number] => [kindId(`sys_enter_${call}`), STEP.enter]),
  ...IO_CALLS.map((call): [number, number] => [kindId(`sys_exit_${call}`), STEP.exit]),
]);

/** Per kind its step, 0 for most; a table, because every row of a recording is asked. */
export const STEPS: Uint8Array = Uint8Array.from(EVENT_KINDS, ({ id }) => BY_KIND.get(id) ?? 0);
