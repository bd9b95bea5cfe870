import { describe, expect, it } from 'vitest';
import { brokenPairs } from '../../src/trace/broken-pairs.ts';
import { traceFromDiagram } from '../support/trace-diagram.ts';

const LANES = `
disk host 259:0
lane io  host cpu0 "IO io0"-900
lane irq host cpu1 <idle>-0
lane nic host cpu2 <idle>-0
`;

/** Ten interrupts of the drive and ten reads of its eventfd; beside them another device's, and reads of a file. Without lines that `leave` names. */
function gaps(leave: readonly string[] = []) {
  const lines = Array.from({ length: 10 }, (_, turn) => {
    const at = (us: number, lane: 'io' | 'irq' | 'nic', event: string) =>
      leave.includes(`${event} ${turn}`)
        ? ''
        : `${turn * 100 + us} | ${lane === 'io' ? event : ''} | ${lane === 'irq' ? event : ''} | ${lane === 'nic' ? event : ''}\n`;
    return [
      at(1, 'irq', 'irq_handler_entry 45 vfio-msix[0]'),
      at(2, 'irq', 'vfio_msihandler'),
      at(4, 'irq', 'irq_handler_exit 45'),
      at(5, 'nic', 'irq_handler_entry 50 eth0'),
      at(6, 'nic', 'irq_handler_exit 50'),
      at(10, 'io', 'sys_enter_read 20'),
      at(11, 'io', 'eventfd_read'),
      at(12, 'io', 'sys_exit_read 8'),
      at(20, 'io', 'sys_enter_read 3'),
      at(21, 'io', 'sys_exit_read 100'),
    ].join('');
  });
  const { host } = traceFromDiagram(`${LANES}\n µs | io | irq | nic\n${lines.join('')}`);
  return brokenPairs(host!).broken;
}

describe('rows that lie within others', () => {
  it('are not missed where they do not belong', () => {
    expect(gaps()).toEqual([]);
  });

  it('are missing in a run of the drive’s interrupt without VFIO’s handler, on its CPU', () => {
    expect(gaps(['vfio_msihandler 4'])).toEqual([
      { from: 401_000, to: 404_000, tid: undefined, cpu: 1, missing: 'vfio_msihandler' },
    ]);
  });

  it('are missing in a read of the eventfd, of its thread', () => {
    expect(gaps(['eventfd_read 7'])).toEqual([
      { from: 710_000, to: 712_000, tid: 900, cpu: undefined, missing: 'eventfd_read' },
    ]);
  });

  it('are not asked for before the first and behind the last: tracers begin and stop one event after the other', () => {
    expect(gaps(['vfio_msihandler 0', 'vfio_msihandler 9', 'eventfd_read 0', 'eventfd_read 9'])).toEqual([]);
  });

  it('are not asked for where most are not there: the tracer was not told to record all of them', () => {
    const most = [1, 2, 4, 5, 6, 8].map((turn) => `eventfd_read ${turn}`);
    expect(gaps(most)).toEqual([]);
  });
});
