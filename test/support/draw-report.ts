/**
 * Draws reports for tests: from a few lines of text that say which stages there are to a whole model. EVERYTHING drawn is
 * invented. A drawn model is consistent with itself: its stages add up to its totals as those of a recording do.
 */
import type { Band, Dist, ReportModel, Stage, Variant } from '../../src/report/report-model.ts';

/** A stage as drawn. */
export interface DrawnStage {
  readonly id: string;
  readonly title: string;
  readonly ends: readonly [from: string, to: string];
  readonly side: Stage['side'];
  readonly clock: Stage['clock'];
  readonly meanNs: number;
  /** Part of the matched requests that has it. */
  readonly part: number;
  readonly uncertaintyNs: number;
  /** How many times longer it is in the slow band than on average. */
  readonly slow: number;
}

/**
 * Reads a drawing, one stage a line:
 *
 *   submit guest-kick guest:issue > kvm:exit cross 81240 ±85 part=0.62 slow=2 "guest kicks"
 *
 * side, id, ends, clock, mean ns; the rest may be left out.
 */
export function drawStages(drawing: string): DrawnStage[] {
  const lines = drawing.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map(drawStage);
}

function drawStage(line: string): DrawnStage {
  const [side, id, from, , to, clock, mean, ...rest] = line.replace(/".*"/, '').split(/\s+/);
  const option = (prefix: string, fallback: number) =>
    Number(rest.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? fallback);
  return {
    id: id!,
    title: /"(.*)"/.exec(line)?.[1] ?? id!,
    ends: [from!, to!],
    side: side as Stage['side'],
    clock: clock as Stage['clock'],
    meanNs: Number(mean),
    part: option('part=', 1),
    uncertaintyNs: option('±', 0),
    slow: option('slow=', 1.3),
  };
}

/** A distribution with the shape of a latency: the median a bit below the mean, a tail. */
export function drawDist(meanNs: number): Dist {
  return {
    meanNs,
    minNs: meanNs * 0.71,
    p50Ns: meanNs * 0.96,
    p90Ns: meanNs * 1.21,
    p99Ns: meanNs * 1.74,
    p999Ns: meanNs * 2.9,
    maxNs: meanNs * 3.6,
    ciLowNs: meanNs * 0.993,
    ciHighNs: meanNs * 1.007,
  };
}

function drawBand(
  stages: readonly Stage[],
  n: number,
  factor: (at: number) => number,
  matched: number,
): Band {
  const rows = stages.map(({ id, from, to, ...stage }, at) => ({
    id,
    from,
    to,
    meanNs: ((stage.meanNs * stage.n) / matched) * factor(at),
    n: Math.round((stage.n / matched) * n),
  }));
  const meanNs = rows.reduce((sum, row) => sum + row.meanNs, 0);
  return { n, fromNs: meanNs * 0.97, toNs: meanNs * 1.04, meanNs, stages: rows };
}

/** A population that takes all stages of a model but some. */
export function drawVariant(
  model: ReportModel,
  name: string,
  n: number,
  without: readonly string[],
): Variant {
  const stages = model.stages.filter((stage) => !without.includes(stage.id));
  const rows = stages.map(({ id, from, to, meanNs }) => ({ id, from, to, meanNs }));
  const meanNs = rows.reduce((sum, row) => sum + row.meanNs, 0);
  return { name, n, share: n / model.requests.matched, meanNs, stages: rows };
}

function modelStages(drawn: readonly DrawnStage[], matched: number): Stage[] {
  const times = drawn.map((each) => each.meanNs * Math.round(each.part * matched));
  const sum = times.reduce((total, each) => total + each, 0);
  return drawn.map(({ id, title, ends: [from, to], clock, side, uncertaintyNs, ...each }, at) => ({
    id,
    title,
    from,
    to,
    clock,
    side,
    critical: true,
    n: Math.round(each.part * matched),
    share: times[at]! / sum,
    uncertaintyNs,
    cpuClocksNs: clock === 'cross' ? null : 0,
    bounded: clock === 'cross' && Math.abs(each.meanNs) < uncertaintyNs,
    ...drawDist(each.meanNs),
  }));
}

/** A whole model around drawn stages: two machines, all well, grade A. Any part of it can be replaced. */
export function drawReport(
  drawn: readonly DrawnStage[],
  matched: number,
  changes: Partial<ReportModel> = {},
): ReportModel {
  const stages = modelStages(drawn, matched);
  const sideNs = (name: Stage['side']) =>
    stages.reduce((ns, stage) => (stage.side === name ? ns + (stage.meanNs * stage.n) / matched : ns), 0);
  const deviceNs = sideNs('device');
  const total = sideNs('submit') + deviceNs + sideNs('complete');
  const alone = drawn.some((each) => each.id === 'device');
  return {
    ...frame(matched, total),
    total: drawDist(total),
    software: {
      meanNs: alone ? total - deviceNs : null,
      share: alone ? (total - deviceNs) / total : null,
      submitNs: sideNs('submit'),
      completeNs: sideNs('complete'),
      deviceNs,
      deviceIsMerged: !alone,
    },
    stages,
    bands: {
      typical: drawBand(stages, Math.ceil(matched / 10), () => 0.96, matched),
      slow: drawBand(stages, Math.ceil(matched / 50), (at) => drawn[at]!.slow, matched),
    },
    ...changes,
  };
}

/** What does not follow from the stages. */
function frame(matched: number, total: number): Omit<ReportModel, 'total' | 'software' | 'stages' | 'bands'> {
  return {
    schema: 1,
    tool: { name: 'iotrace', version: '0.1.0' },
    ...recorded(),
    ...placement(),
    workload: {
      queueDepth: 1,
      queueDepthMax: 1,
      direction: 'read',
      requestBytes: 4096,
      others: 0,
      iops: 1e9 / total,
      spanNs: total * matched,
    },
    requests: {
      seen: matched,
      outside: 0,
      matched,
      quarantined: 0,
      quarantineReasons: {},
      rejected: {},
      outsideReasons: {},
    },
    beside: [],
    variants: [],
    groundTruth: {
      source: 'fio.json',
      kind: 'fio',
      requests: matched,
      meanNs: total * 1.006,
      spread: null,
      closure: 1 / 1.006,
      perRequest: false,
      tracedShare: 0.985,
      outsideNs: total * 0.006,
      beforeCallNs: null,
      otherRequests: null,
      unseen: [],
      cycle: null,
      matched,
      missing: {},
    },
    littlesLaw: { product: 0.994, queueDepth: 1, ok: true },
    overhead: {
      kind: 'measured',
      perRequestNs: total * 0.026,
      openNs: total * 0.002,
      text: '8 traced and 8 untraced windows, interleaved',
    },
    losses: [],
    grade: { letter: 'A', reasons: [] },
    standIns: [],
    notRecorded: [],
  };
}

function recorded(): Pick<ReportModel, 'recording' | 'path' | 'counts' | 'clock'> {
  return {
    recording: {
      title: 'drawn example, all figures invented',
      sources: [
        {
          name: 'host.trace',
          machine: 'host',
          format: 'ftrace-text',
          clock: 'x86-tsc',
          events: 60_543,
          unused: 212,
        },
        {
          name: 'guest.trace',
          machine: 'guest',
          format: 'ftrace-text',
          clock: 'x86-tsc',
          events: 17_577,
          unused: 0,
        },
      ],
    },
    path: {
      name: 'virtio-blk-iothread',
      title: 'virtio-blk, IOThread, linux-aio',
      talk: 'virtio-blk with IOThreads',
      chosen: 'detected',
      evidence: ['2,000 kicks signalled an ioeventfd', '2,000 io_submit calls in thread IO iothread0'],
      device: 'guest 254:0',
    },
    counts: [
      { id: 'kick', title: 'kicks', perRequest: 1 },
      { id: 'exit', title: 'vmexits', perRequest: 3.12 },
      { id: 'eventfd', title: 'eventfd wake-ups', perRequest: 2 },
      { id: 'syscall', title: 'system calls of the back-end', perRequest: 2.004 },
      { id: 'irq', title: 'guest interrupts', perRequest: 1 },
    ],
    clock: {
      method: 'tsc',
      offsetNs: '-81273645123456',
      driftPpm: 0,
      uncertaintyNs: 0,
      intervalNs: [-15_800, 23_100],
      checked: '2,000 kicks and 2,000 injections agree, none arrives before it was sent',
      ok: true,
      mostStepNs: 38_900,
      roundingNs: 1,
      cpus: [{ machine: 'host', cpus: [2, 3, 4], provenNs: 4_200, oneCounter: true }],
    },
  };
}

function placement(): Pick<ReportModel, 'numa' | 'environment' | 'findings'> {
  return {
    numa: {
      actors: [
        { actor: 'vCPU 0', cpus: [0], node: 0 },
        { actor: 'IO iothread0', cpus: [2, 3, 7], node: 1 },
        { actor: 'drive interrupt', cpus: [1], node: null },
      ],
      hopsPerRequest: 4,
      byHops: null,
      virtualNodes: [],
      accesses: null,
      samples: null,
      crossings: [
        { stage: 'iothread-wakeup', share: 1 },
        { stage: 'irq-inject', share: 0.993 },
      ],
      memoryPagesByNode: [
        { node: 0, pages: 54_870 },
        { node: 1, pages: 2_554 },
      ],
      note: null,
    },
    environment: [
      { name: 'host kernel', value: '6.1.0-56-amd64' },
      { name: 'QEMU', value: '7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)' },
      {
        name: 'QEMU command line',
        value:
          'qemu-system-x86_64 -machine q35,accel=kvm -m 512 -object iothread,id=iothread0,poll-max-ns=0 ' +
          '-blockdev driver=host_device,node-name=d0,filename=/dev/nvme0n1,cache.direct=on,aio=native ' +
          '-device virtio-blk-pci,drive=d0,iothread=iothread0,num-queues=1',
      },
    ],
    findings: [
      {
        id: 'iothread-node',
        severity: 'warning',
        title: 'IOThread runs on node 1, drive and vCPU on node 0',
        evidence: '4.00 hops between nodes a request, in all requests.',
        gain: null,
        confidence: 'high',
        fix: 'Pin the IOThread to CPUs of node 0 with virsh iothreadpin, or taskset -pc 1 TID.',
      },
    ],
  };
}
