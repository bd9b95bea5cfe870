import type { PointRule } from '../io-path.ts';

/**
 * How the polling task's find is told: by NVMe's own event, one for each completion entry (drivers/nvme/host/pci.c `nvme_handle_cqe`),
 * else by what ends or follows a poll, best first.
 */
export function pollFound(machine: 'guest' | 'host', ...events: readonly string[]): readonly PointRule[] {
  const rule = {
    point: `${machine}:poll-found`,
    join: { by: 'task', of: `${machine}:complete` },
    pick: 'last',
    after: [`${machine}:issue`],
    before: [`${machine}:complete`],
    certain: true,
  } as const;
  return [
    { ...rule, events: ['nvme_sq'], turn: 'block_rq_complete' },
    { ...rule, events },
  ];
}
