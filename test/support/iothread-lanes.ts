/** Lanes and rows that many drawings of virtio-blk served by an IOThread share. */

/** One vCPU, one IOThread, one interrupt of the drive. */
export const IOTHREAD_LANES = `
disk guest 254:0 host 259:0
lane app  guest cpu0 fio-142
lane girq guest cpu0 <idle>-0
lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0
lane io   host  cpu3 "IO io0"-910/900
lane irq  host  cpu1 <idle>-0
`;

/** An event, its lane, and when it is, µs. */
export type DrawnRow = readonly [time: number, lane: string, event: string];

/** The rows of a diagram in order of time, below a line that names the lanes. */
export function drawRows(lanes: readonly string[], rows: readonly DrawnRow[]): string {
  const lines = rows
    .toSorted(([a], [b]) => a - b)
    .map(([time, lane, event]) => [time, ...lanes.map((each) => (each === lane ? event : ''))].join(' | '));
  return [` µs | ${lanes.join(' | ')}`, ...lines].join('\n');
}
