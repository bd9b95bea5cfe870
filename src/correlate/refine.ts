/** Names the member of a path's family once its requests were followed: same points, another way of using them. */
import { pathByName } from '../paths/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';
import { type RequestTable, STATUS } from './request-table.ts';
import type { Side } from './side.ts';

export interface Refined {
  readonly path: IoPath;
  readonly evidence: readonly string[];
}

/**
 * A virtio-blk IOThread that mostly polls, or serves several queues, is a path of its own in the talk. Only requests that were
 * `alone` speak of polling: with others in flight one kick serves several, and which has none says nothing.
 */
export function refinePath(
  { path, evidence }: Refined,
  requests: RequestTable,
  followed: Followed,
  host: Side | undefined,
  alone: Uint8Array,
): Refined {
  if (path.name !== 'virtio-blk-iothread' || host === undefined) return { path, evidence };
  const matched = [...requests.status.keys()].filter(
    (request) => requests.status[request] === STATUS.matched,
  );
  const passedBy = path.bypasses.find(({ name }) => name === 'kick')!.variant[1];
  const single = matched.filter((request) => alone[request] === 1);
  const polled = single.filter((request) =>
    requests.variants[requests.variant[request]!]!.name.includes(passedBy),
  ).length;
  if (polled * 2 > single.length)
    return {
      path: pathByName('virtio-blk-iothread-polling')!,
      evidence: [
        ...evidence,
        `${polled} of ${single.length} requests were picked up without a kick on their way: the IOThread polls`,
      ],
    };
  const doorbells = new Set<number>();
  const kicks = followed.rows.get('kvm:mmio');
  for (const request of matched) {
    const row = kicks?.[request] ?? NO_ROW;
    if (row !== NO_ROW) doorbells.add(host.table.tag[row]!);
  }
  if (doorbells.size < 2) return { path, evidence };
  return {
    path: pathByName('virtio-blk-iothread-multiqueue')!,
    evidence: [...evidence, `${doorbells.size} doorbells were written: a virtqueue each`],
  };
}
