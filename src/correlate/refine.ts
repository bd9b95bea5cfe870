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
  const { status, variant, variants } = requests;
  const passedBy = path.bypasses.find(({ name }) => name === 'kick')!.variant[1];
  const isPolled = variants.map(({ name }) => name.includes(passedBy));
  const kicks = followed.rows.get('kvm:mmio');
  const doorbells = new Set<number>();
  let single = 0;
  let polled = 0;
  for (let request = 0; request < status.length; request++) {
    if (status[request] !== STATUS.matched) continue;
    const row = kicks?.[request] ?? NO_ROW;
    if (row !== NO_ROW) doorbells.add(host.table.tag[row]!);
    if (alone[request] !== 1) continue;
    single++;
    if (isPolled[variant[request]!]) polled++;
  }
  if (polled * 2 > single)
    return {
      path: pathByName('virtio-blk-iothread-polling')!,
      evidence: [
        ...evidence,
        `${polled} of ${single} requests were picked up without a kick on their way: the IOThread polls`,
      ],
    };
  if (doorbells.size < 2) return { path, evidence };
  return {
    path: pathByName('virtio-blk-iothread-multiqueue')!,
    evidence: [...evidence, `${doorbells.size} doorbells were written: a virtqueue each`],
  };
}
