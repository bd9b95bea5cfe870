/** DRAWN reports, each for a way a report can look. Every figure in here is invented; nothing was measured. */
import type { ReportModel } from '../../src/report/report-model.ts';
import { type DrawnStage, drawDist, drawReport, drawStages, drawVariant } from './draw-report.ts';

const IOTHREAD = drawStages(`
  submit   guest-submit     app:submit > guest:issue                        guest  62310  "guest submits"
  submit   guest-kick       guest:issue > kvm:exit                          cross  81240  "guest kicks"
  submit   kick-exit        kvm:exit > kvm:ioeventfd                        host   37450  "exit to ioeventfd"
  submit   iothread-wakeup  kvm:ioeventfd > backend:kick-read               host  402120  "back-end wakes"
  submit   virtio-parse     backend:kick-read > backend:block               host  210480  "virtqueue and parsing"
  submit   qemu-block       backend:block > backend:submit                  host  158430  "block layer"
  submit   host-submit      backend:submit > host:issue                     host   71500  "host submits"
  device   device           host:issue > host:irq                           host  320440  slow=2.6
  complete host-irq         host:irq > host:complete                        host   23490  "host interrupt"
  complete complete-notify  host:complete > host:aio-notify                 host   16480  "completion notified"
  complete iothread-complete-wakeup host:aio-notify > backend:complete-read host   86450  "back-end wakes"
  complete qemu-complete    backend:complete-read > backend:push            host   87480  "back-end completes"
  complete used-notify      backend:push > kvm:irqfd                        host   65470  "call"
  complete irq-inject       kvm:irqfd > kvm:inject                          host   13490  "interrupt injected"
  complete vcpu-wakeup      kvm:inject > kvm:entry                          host  129320  "vCPU resumes"
  complete guest-irq        kvm:entry > guest:irq                           cross   7460  "guest takes interrupt"
  complete guest-complete   guest:irq > guest:complete                      guest  31450  "guest completes"
  complete guest-wakeup     guest:complete > app:return                     guest 147740  "application resumes"
`);

/** virtio-blk with an IOThread at the scale of a slow emulated lab, 1,953 µs; grade B, a few requests left out. */
export function drawnIothread(): ReportModel {
  return drawReport(IOTHREAD, 1_953, {
    requests: {
      seen: 2_000,
      outside: 20,
      matched: 1_953,
      quarantined: 12,
      quarantineReasons: { 'lost events in its time': 12 },
      rejected: { 'no completion': 30, 'two kicks at once': 5 },
      outsideReasons: { 'warm-up before the host recording': 20 },
    },
    losses: [
      { source: 'host.trace', kind: 'lost', count: 44, text: 'the tracer lost 44 events on CPU 2' },
      {
        source: 'guest.trace',
        kind: 'duplicate',
        count: 3,
        text: '3 events are there twice; one of each was used',
      },
    ],
    grade: { letter: 'B', reasons: [{ letter: 'B', text: '2.4 % of the requests are not in the numbers' }] },
  });
}

/** The same request at the scale of a real machine: 34.1 µs, nothing to complain about. */
export function drawnFast(): ReportModel {
  const stages = IOTHREAD.map((stage) => ({ ...stage, meanNs: stage.meanNs * 0.01746 }));
  return drawReport(stages, 20_011, {
    findings: [],
    overhead: { kind: 'measured', perRequestNs: 912, openNs: 40, text: '' },
  });
}

const BARE = drawStages(`
  submit   host-submit app:submit > host:issue    host 1312 "host submits"
  device   device      host:issue > host:irq      host 7104
  complete host-irq    host:irq > host:complete   host  548 "host interrupt"
  complete app-wakeup  host:complete > app:return host 1361 "application resumes"
`);

/** Bare metal: one machine, one clock, 10.3 µs, next to nothing known beside the times. */
export function drawnBareMetal(): ReportModel {
  const model = drawReport(BARE, 98_304);
  return {
    ...model,
    recording: { title: '', sources: model.recording.sources.slice(0, 1) },
    path: {
      name: 'bare-metal-nvme',
      title: 'bare-metal NVMe, interrupt',
      talk: 'bare metal',
      chosen: 'given',
      evidence: [],
      device: 'nvme0n1',
    },
    clock: {
      ...model.clock,
      method: 'one-clock',
      offsetNs: null,
      driftPpm: null,
      intervalNs: null,
      checked: '',
    },
    numa: {
      actors: [],
      hopsPerRequest: null,
      byHops: null,
      virtualNodes: [],
      accesses: null,
      samples: null,
      crossings: [],
      memoryPagesByNode: null,
      note: null,
    },
    overhead: { kind: 'estimated', perRequestNs: 740, openNs: 40, text: '' },
    counts: [
      { id: 'irq', title: 'drive interrupts', perRequest: 1 },
      { id: 'idle', title: 'idle entries', perRequest: 0.0031 },
    ],
    environment: [],
    findings: [],
  };
}

/** The same below 10 µs: whole nanoseconds. */
export function drawnBelowTen(): ReportModel {
  const model = drawnBareMetal();
  const faster = BARE.map((stage) => ({ ...stage, meanNs: stage.meanNs * 0.713 }));
  const { total, stages, software, bands } = drawReport(faster, 98_304);
  return { ...model, total, stages, software, bands };
}

const MERGED = drawStages(`
  submit   guest-submit              app:submit > guest:issue                   guest   55200 "guest submits"
  submit   guest-kick+kick-exit      guest:issue > kvm:ioeventfd                cross  118400 ±21300 "guest kicks + exit to ioeventfd"
  device   iothread-wakeup+virtio-parse+qemu-block+host-submit+device kvm:ioeventfd > backend:complete-read host 1204700 "back-end wakes to device"
  complete qemu-complete+used-notify backend:complete-read > kvm:irqfd          host    96300 "back-end completes + call"
  complete irq-inject                kvm:irqfd > kvm:inject                     host    12100 "interrupt injected"
  complete vcpu-wakeup+guest-irq     kvm:inject > guest:irq                     cross    9800 ±21300 "vCPU resumes + guest takes interrupt"
  complete guest-complete            guest:irq > guest:complete                 guest   30200 "guest completes"
  complete guest-wakeup              guest:complete > app:return                guest  101900 "application resumes"
`);

/** Everything wrong at once, with numbers all the same: the device merged with software, one stage only bounded. */
export function drawnGradeF(): ReportModel {
  const model = drawReport(MERGED, 61);
  return {
    ...model,
    ...gradeFTrust(model),
    groundTruth: null,
    littlesLaw: { product: 0.12, queueDepth: 1, ok: false },
    overhead: { kind: 'not measured', perRequestNs: null, openNs: null, text: '' },
    findings: [
      {
        id: 'no-overhead',
        severity: 'info',
        title: 'Overhead unknown',
        evidence: '',
        gain: null,
        confidence: 'high',
        fix: 'Record with --calibrate.',
      },
      {
        id: 'clock-contradiction',
        severity: 'problem',
        title: 'Clocks contradict causality',
        evidence: '9 of 61 injections arrive up to 4.1 µs before they were sent.',
        gain: null,
        confidence: 'high',
        fix: 'Record with the x86-tsc clock on both sides.',
      },
    ],
    notRecorded: [
      { point: 'kvm:exit', title: 'vmexit', lost: 'guest-kick and kick-exit cannot be told apart' },
      {
        point: 'host:issue',
        title: 'host request issued',
        lost: 'the device cannot be told from the software around it',
      },
    ],
  };
}

function gradeFTrust(model: ReportModel): Pick<ReportModel, 'requests' | 'clock' | 'losses' | 'grade'> {
  return {
    requests: {
      seen: 500,
      outside: 3,
      matched: 61,
      quarantined: 120,
      quarantineReasons: { 'lost events in its time': 113 },
      rejected: { 'no completion': 300, 'more than one in flight at a coalescing eventfd': 19 },
      outsideReasons: { 'after the guest recording ended': 3, 'before the host recording began': 0 },
    },
    clock: {
      ...model.clock,
      method: 'causal',
      uncertaintyNs: 21_300,
      intervalNs: [-21_300, 21_300],
      driftPpm: 143.25,
      checked: '9 of 61 injections arrive before they were sent',
      ok: false,
      roundingNs: 1_000,
    },
    losses: [
      {
        source: 'host.trace',
        kind: 'overwritten',
        count: 12_345,
        text: '12,345 events were overwritten in the trace buffer',
      },
      { source: 'guest.trace', kind: 'truncated', count: null, text: '' },
      {
        source: 'guest.trace',
        kind: 'CPU clock',
        count: null,
        text: 'the clock of CPU 1 is off by at least 40 µs',
      },
    ],
    grade: {
      letter: 'F',
      reasons: [
        { letter: 'F', text: 'the relation of the clocks contradicts 9 injections' },
        { letter: 'D', text: '439 of 500 requests are not in the numbers' },
        { letter: 'C', text: 'tracing overhead was not measured and nothing of the application is known' },
      ],
    },
  };
}

const POLLING = drawStages(`
  submit   guest-submit            app:submit > guest:issue        guest  1830 "guest submits"
  submit   poll-pickup             guest:issue > backend:pickup    cross  1210 ±85 part=0.62 "poll pick-up"
  submit   guest-kick              guest:issue > kvm:exit          cross  1050 ±85 part=0.38 "guest kicks"
  submit   kick-exit               kvm:exit > kvm:ioeventfd        host    820 part=0.38 "exit to ioeventfd"
  submit   iothread-wakeup         kvm:ioeventfd > backend:pickup  host   9870 part=0.38 slow=2.1 "back-end wakes"
  submit   virtio-parse+qemu-block backend:pickup > backend:submit host   2940 "virtqueue and parsing + block layer"
  submit   host-submit             backend:submit > host:issue     host   1130 "host submits"
  device   device                  host:issue > host:irq           host  10180
  complete host-irq                host:irq > host:complete        host    610 "host interrupt"
  complete poll-complete           host:complete > backend:reap    host    730 part=0.97 "poll pick-up"
  complete complete-notify+iothread-complete-wakeup host:complete > backend:reap host 8050 part=0.03 "completion notified + back-end wakes"
  complete qemu-complete           backend:reap > backend:push     host   1240 "back-end completes"
  complete used-notify             backend:push > kvm:irqfd        host    980 "call"
  complete irq-inject              kvm:irqfd > kvm:inject          host     40 "interrupt injected"
  complete vcpu-wakeup+guest-irq   kvm:inject > guest:irq          cross    62 ±85 "vCPU resumes + guest takes interrupt"
  complete guest-complete          guest:irq > guest:complete      guest   870 "guest completes"
  complete guest-wakeup            guest:complete > app:return     guest  1950 "application resumes"
`);

/** A polling back-end: three populations, stages only some requests have, a kick that trails the pick-up. */
export function drawnPolling(): ReportModel {
  const model = drawReport(POLLING, 10_000);
  const kick = ['guest-kick', 'kick-exit', 'iothread-wakeup'];
  const slept = 'complete-notify+iothread-complete-wakeup';
  const back = { id: 'kick-return', title: 'vCPU back in the guest', from: 'kvm:ioeventfd', to: 'kvm:entry' };
  return {
    ...model,
    stages: [...model.stages, { ...model.stages[3]!, ...drawDist(730), ...back, critical: false, share: 0 }],
    workload: {
      ...model.workload,
      queueDepth: 1.32,
      queueDepthMax: 4,
      requestBytes: null,
      others: 0,
      direction: 'mixed',
    },
    clock: { ...model.clock, method: 'tsc-pairs', uncertaintyNs: 85, driftPpm: 0.412 },
    groundTruth: {
      ...model.groundTruth!,
      kind: 'request-log',
      source: 'qd1.log',
      missing: { 'not in the trace': 7 },
    },
    variants: [
      drawVariant(model, 'polled pick-up, polled completion', 6_200, [...kick, slept]),
      drawVariant(model, 'kicked, polled completion', 3_500, ['poll-pickup', slept]),
      drawVariant(model, 'kicked, slept for the completion', 300, ['poll-pickup', 'poll-complete']),
    ],
    beside: [
      {
        point: 'kvm:exit',
        title: 'vmexit',
        n: 3_120,
        meanNs: 4_950,
        why: 'the back-end had found the request by polling before the kick arrived',
      },
    ],
    grade: {
      letter: 'B',
      reasons: [{ letter: 'B', text: 'one stage is smaller than what the clocks leave open' }],
    },
    notRecorded: [
      {
        point: 'backend:block',
        title: 'block layer entry',
        lost: 'virtio-parse and qemu-block are one stage',
      },
    ],
  };
}

/** No request matched: the numbers are what dividing by nothing gives. */
export function drawnEmpty(): ReportModel {
  const model = drawReport([], 0);
  const nothing = { n: 0, fromNs: Number.NaN, toNs: Number.NaN, meanNs: Number.NaN, stages: [] };
  return {
    ...model,
    requests: {
      ...model.requests,
      seen: 500,
      rejected: { 'no host event between submission and completion': 500 },
    },
    total: drawDist(Number.NaN),
    workload: { ...model.workload, iops: Number.NaN, spanNs: 1e9 },
    counts: [],
    groundTruth: null,
    clock: {
      ...model.clock,
      method: 'none',
      offsetNs: null,
      driftPpm: null,
      uncertaintyNs: null,
      intervalNs: null,
      checked: 'no kick and no injection were seen on both sides',
      cpus: [],
    },
    overhead: { kind: 'not measured', perRequestNs: null, openNs: null, text: '' },
    littlesLaw: { product: Number.NaN, queueDepth: 1, ok: false },
    bands: { typical: nothing, slow: nothing },
    grade: { letter: 'F', reasons: [{ letter: 'F', text: 'no request was followed' }] },
    findings: [],
    notRecorded: [{ point: 'host:issue', title: 'host request issued', lost: 'the device' }],
  };
}

/** One request, one stage: nothing between system call and return was recorded. */
export function drawnOneStage(): ReportModel {
  return drawReport(
    drawStages(
      'device host-submit+device+host-irq+app-wakeup app:submit > app:return host 84230 "the whole request"',
    ),
    1,
  );
}

/** 25 stages, most of them far below one cell of a bar. */
export function drawnManyStages(): ReportModel {
  const many = Array.from({ length: 25 }, (_, at) => {
    const [side, id] =
      at < 12 ? ['submit', `stage-number-${at + 1}`] : ['complete', `stage-number-${at + 1}`];
    return at === 12
      ? 'device device layer:point-12 > layer:point-13 host 400000'
      : `${side} ${id} layer:point-${at} > layer:point-${at + 1} host ${300 + at * 97}`;
  });
  return drawReport(drawStages(many.join('\n')), 5_003);
}

const EXTREMES: readonly DrawnStage[] = drawStages(`
  submit   guest-submit app:submit > guest:issue     host       0.25
  submit   guest-kick   guest:issue > kvm:exit       cross   -350 ±12
  device   device       host:issue > host:irq        host  4.32e13
  complete guest-wakeup guest:complete > app:return  host       7
`);

/** A stage of a fraction of a nanosecond beside one of half a day, a negative one, and counts near 2^53. */
export function drawnHugeAndTiny(): ReportModel {
  const model = drawReport(EXTREMES, 1_000);
  const seen = Number.MAX_SAFE_INTEGER;
  return {
    ...model,
    requests: { ...model.requests, seen, rejected: { 'no completion': seen - 1_000 } },
    workload: {
      ...model.workload,
      requestBytes: 6_656,
      others: 0,
      queueDepth: 1e-9,
      queueDepthMax: 4_294_967_295,
      iops: 1e18,
    },
    counts: [
      { id: 'a', title: 'huge', perRequest: 1e21 },
      { id: 'b', title: 'tiny', perRequest: 1e-12 },
      { id: 'c', title: 'none', perRequest: 0 },
    ],
    clock: { ...model.clock, uncertaintyNs: 0.4, driftPpm: 1e-9 },
  };
}

/** Stages that do not sum to the total: no correct program makes such a report, but a file may claim it. */
export function drawnContradiction(): ReportModel {
  const model = drawnBareMetal();
  return { ...model, total: drawDist(model.total.meanNs * 1.2) };
}

/** Every drawn report by name. */
export const DRAWN: Readonly<Record<string, () => ReportModel>> = {
  iothread: drawnIothread,
  fast: drawnFast,
  'bare-metal': drawnBareMetal,
  'below-ten': drawnBelowTen,
  'grade-f': drawnGradeF,
  polling: drawnPolling,
  empty: drawnEmpty,
  'one-stage': drawnOneStage,
  'many-stages': drawnManyStages,
  'huge-and-tiny': drawnHugeAndTiny,
  contradiction: drawnContradiction,
};
