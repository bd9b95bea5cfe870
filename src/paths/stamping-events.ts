import { IO_CALLS } from './io-calls.ts';
import type { IoPath } from './io-path.ts';
import type { PointId } from './points.ts';

/** Those a back-end hands a request to the host's kernel with. */
const BACKEND_CALLS = ['io_submit', 'io_uring_enter', 'preadv', 'pread64', 'pwritev', 'pwrite64'];

/** What the anchors of a path are made of; all other points have rules. */
const ANCHORS: Readonly<Partial<Record<PointId, readonly string[]>>> = {
  'app:submit': IO_CALLS.map((call) => `sys_enter_${call}`),
  'app:return': IO_CALLS.map((call) => `sys_exit_${call}`),
  'backend:submit': BACKEND_CALLS.map((call) => `sys_enter_${call}`),
  'cycle:next': BACKEND_CALLS.map((call) => `sys_enter_${call}`),
  'guest:queue': ['block_bio_queue'],
  'guest:getrq': ['block_getrq'],
  'guest:insert': ['block_rq_insert'],
  'host:queue': ['block_bio_queue'],
  'host:getrq': ['block_getrq'],
  'host:insert': ['block_rq_insert'],
  'guest:issue': ['block_rq_issue'],
  'guest:complete': ['block_rq_complete'],
  'host:issue': ['block_rq_issue'],
  'host:complete': ['block_rq_complete'],
};

/** Names of the events that can stamp a point of a path, best first. None for what only the application's log tells. */
export function stampingEvents(path: IoPath, point: PointId): readonly string[] {
  const anchors: readonly PointId[] = Object.values(path.anchors);
  if (anchors.includes(point)) return ANCHORS[point] ?? [];
  return [...new Set(path.rules.filter((rule) => rule.point === point).flatMap(({ events }) => events))];
}
