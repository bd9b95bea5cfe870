/**
 * Draws the text diagram of many requests in flight at once: too many rows to write, the same rows a reader would write.
 * One submission, one kick for all; the drive completes them in another order; the guest is interrupted once per batch.
 */
export interface DepthOptions {
  readonly depth: number;
  /** Requests the guest finds in one interrupt. */
  readonly batch: number;
}

/** The diagram, and what each request's points are, µs of the drawing. */
export interface DrawnDepth {
  readonly diagram: string;
  readonly labels: readonly string[];
  /** Times of one request's own events. */
  truth(
    label: string,
  ): Readonly<
    Record<'guestIssue' | 'hostIssue' | 'hostIrq' | 'hostComplete' | 'irqfd' | 'guestComplete', number>
  >;
}

interface Row {
  readonly at: number;
  readonly lane: number;
  readonly text: string;
}

const LANES = ['app', 'girq', 'vcpu', 'io', 'irq'];
const APP = 0;
const GUEST_IRQ = 1;
const VCPU = 2;
const IO = 3;
const IRQ = 4;

/** `lanes` declares the lanes app, girq, vcpu, io and irq. Requests are of 8 sectors and do not touch each other. */
export function drawDepth(lanes: string, { depth, batch }: DepthOptions): DrawnDepth {
  const labels = Array.from({ length: depth }, (_, index) => `R${index}`);
  const rows: Row[] = [];
  const add = (at: number, lane: number, text: string) => rows.push({ at, lane, text });
  const truth = new Map<string, Record<string, number>>(labels.map((label) => [label, {}]));
  add(0, VCPU, 'kvm_entry');
  add(1, APP, `sys_enter_io_submit ${depth}`);
  let at = 2;
  for (const label of labels) {
    truth.get(label)!['guestIssue'] = at;
    add(at++, APP, `block_rq_issue ${label}`);
  }
  add(at++, APP, 'vp_notify');
  add(at++, VCPU, 'kvm_exit mmio');
  add(at++, VCPU, 'kvm_mmio febfb000');
  add(at++, VCPU, 'eventfd_signal 7');
  add(at++, VCPU, 'kvm_entry');
  add(at++, APP, `sys_exit_io_submit ${depth}`);
  add(at++, IO, 'eventfd_read 7');
  add(at++, IO, `sys_enter_io_submit ${depth}`);
  for (const label of labels) {
    truth.get(label)!['hostIssue'] = at;
    add(at++, IO, `block_rq_issue ${label}`);
  }
  // Odd ones first, the last first: nothing completes in the order it was issued.
  const order = [
    ...labels.filter((_, index) => index % 2 === 1),
    ...labels.filter((_, index) => index % 2 === 0),
  ].reverse();
  let reaped = 0;
  for (let first = 0; first < depth; first += batch) {
    const some = order.slice(first, first + batch);
    for (const label of some) {
      truth.get(label)!['hostIrq'] = at;
      add(at++, IRQ, 'irq_handler_entry 45 nvme0q4');
      truth.get(label)!['hostComplete'] = at;
      add(at++, IRQ, `block_rq_complete ${label}`);
      add(at++, IRQ, 'eventfd_signal 8');
    }
    add(at++, IO, 'eventfd_read 8');
    for (const _ of some) add(at++, IO, 'virtqueue_push');
    for (const label of some) truth.get(label)!['irqfd'] = at;
    add(at++, IO, 'irqfd_wakeup');
    add(at++, IO, 'kvm_apic_accept_irq 38');
    add(at++, VCPU, 'kvm_inj_virq 38');
    add(at++, VCPU, 'kvm_entry');
    add(at++, GUEST_IRQ, 'irq_handler_entry 25 virtio1-req.0');
    for (const label of some) {
      truth.get(label)!['guestComplete'] = at;
      add(at++, GUEST_IRQ, `block_rq_complete ${label}`);
    }
    add(at++, APP, 'sys_enter_io_getevents 1');
    add(at++, APP, `sys_exit_io_getevents ${some.length}`);
    reaped += some.length;
  }
  if (reaped !== depth) throw new Error(`${reaped} of ${depth} requests drawn`);
  add(at, VCPU, 'kvm_exit hlt');
  add(at, IO, 'eventfd_read 9');
  return {
    diagram: `${lanes}\n${labels.map((label, index) => `request ${label} read ${800 + index * 800}+8`).join('\n')}\n${textOf(rows)}`,
    labels,
    truth: (label) => truth.get(label) as ReturnType<DrawnDepth['truth']>,
  };
}

function textOf(rows: readonly Row[]): string {
  const cells = (row: Row) => LANES.map((_, lane) => (lane === row.lane ? row.text : '')).join(' | ');
  return [`µs | ${LANES.join(' | ')}`, ...rows.map((row) => `${row.at} | ${cells(row)}`)].join('\n');
}
