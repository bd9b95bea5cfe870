/** The rest of what a report says in words, one function per topic; as sentences.ts: escaped model in, phrases out. */
import type { ReportModel } from '../report/report-model.ts';
import { formatCount, formatDuration, formatRatio, formatShare, plural } from './format-ns.ts';

/** Events per request. */
export function countParts({ counts }: ReportModel): string[] {
  return counts.map((count) => `${formatRatio(count.perRequest)} ${count.title}`);
}

/** Where the actors of a request ran and where its memory is, and how often it changed nodes. */
export function numaParts({ numa }: ReportModel): string[] {
  const someNode = numa.actors.some(({ node }) => node !== null);
  const actors = numa.actors.map(({ actor, cpus, node }) => {
    const where =
      cpus.length === 0 ? 'CPU not known' : `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpuRanges(cpus)}`;
    return someNode
      ? `${actor}: ${node === null ? 'node not known' : `node ${formatCount(node)}`}, ${where}`
      : `${actor}: ${where}`;
  });
  const hops =
    numa.hopsPerRequest === null ? [] : [`${formatRatio(numa.hopsPerRequest)} hops between nodes a request`];
  const crossings = numa.crossings.map(
    (crossing) => `${crossing.stage} crosses in ${formatShare(crossing.share)}`,
  );
  // The model's own note says why nodes are not known; without one it is said here.
  const note =
    numa.note !== null && numa.note !== '' ? [numa.note] : hops.length === 0 ? ['nodes not known'] : [];
  return [
    ...actors,
    ...hops,
    ...hopGroups(numa),
    ...crossings,
    ...memoryParts(numa),
    ...virtualParts(numa),
    ...accessParts(numa),
    ...sampleParts(numa),
    ...note,
  ];
}

/** Local requests against remote ones; nothing when all change nodes equally often. */
function hopGroups({ byHops }: ReportModel['numa']): string[] {
  if (byHops === null || byHops.length < 2) return [];
  return byHops.map(
    ({ hops, n, meanNs }) =>
      `with ${plural(hops, 'hop')}: ${plural(n, 'request')}, mean ${formatDuration(meanNs)}`,
  );
}

/** Hardware counts; nothing where perf stat did not run. */
function accessParts({ accesses }: ReportModel['numa']): string[] {
  if (accesses === null) return [];
  const count = (value: number | null) => (value === null ? 'not counted' : formatRatio(value));
  const pair = (local: number | null, remote: number | null) =>
    `${count(local)} local, ${count(remote)} remote`;
  const whole =
    accesses.family === null
      ? []
      : [
          `memory accesses a request: ${pair(accesses.localPerRequest, accesses.remotePerRequest)} (${accesses.family})`,
        ];
  const by = accesses.by.map(({ who, local, remote }) => `${who}: ${pair(local, remote)}`);
  return [...whole, ...by, ...accesses.notes];
}

/** What served the loads that were sampled; nothing where none were. */
function sampleParts({ samples }: ReportModel['numa']): string[] {
  if (samples === null) return [];
  const { tool, loads, localMemory, remoteMemory, remoteCache, unknown } = samples;
  const share = (count: number) => formatShare(count / loads, 1);
  const rest = unknown === 0 ? '' : `, of ${share(unknown)} the processor did not say`;
  return [
    `of ${formatCount(loads)} loads sampled by ${tool}, ${share(remoteMemory)} came from another node’s memory, ${share(remoteCache)} from a cache there, ${share(localMemory)} from local memory${rest}`,
  ];
}

function memoryParts({ memoryPagesByNode }: ReportModel['numa']): string[] {
  if (memoryPagesByNode === null) return [];
  const all = memoryPagesByNode.reduce((sum, { pages }) => sum + pages, 0);
  return memoryPagesByNode.map(
    ({ node, pages }) =>
      `memory on node ${formatCount(node)}: ${formatShare(pages / all)}, ${formatCount(pages)} pages`,
  );
}

/**
 * The guest's own nodes on the host's: where their memory is bound, where their vCPUs ran. Nothing for a guest of one node of which
 * nothing is asked.
 */
function virtualParts({ virtualNodes }: ReportModel['numa']): string[] {
  if (virtualNodes.length < 2 && virtualNodes[0]?.hostNodes == null) return [];
  const places = (nodes: readonly number[]) => `${nodes.length === 1 ? 'node' : 'nodes'} ${cpuRanges(nodes)}`;
  return virtualNodes.map(({ node, vcpus, hostNodes, policy, ranOn }) => {
    const whose =
      vcpus === null ? 'its vCPUs not known' : `vCPU ${vcpus.length === 0 ? 'none' : cpuRanges(vcpus)}`;
    const memory =
      hostNodes === null
        ? 'memory not bound (host node not known, -1)'
        : `memory on host ${places(hostNodes)} (${policy ?? 'policy not said'})`;
    const ran =
      ranOn === null ? 'where its vCPUs ran is not known' : `its vCPUs ran on host ${places(ranOn)}`;
    return `the guest’s node ${formatCount(node)} (${whose}): ${memory}, ${ran}`;
  });
}

/** CPU numbers as a list of ranges: 0–3,8. */
export function cpuRanges(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].toSorted((a, b) => a - b);
  const starts = sorted.filter((cpu, at) => sorted[at - 1] !== cpu - 1);
  const ends = sorted.filter((cpu, at) => sorted[at + 1] !== cpu + 1);
  return starts.map((start, at) => (start === ends[at] ? `${start}` : `${start}–${ends[at]}`)).join(',');
}

/** IOPS × latency, of requests from their first point to their last, against how many the device had at once. */
export function littlesLawLine({ littlesLaw, workload }: ReportModel): string {
  const { product, queueDepth, ok } = littlesLaw;
  const seen = `${formatRatio(queueDepth)} at the device while it was busy, ${workload.queueDepthMax} at most`;
  const outcome = ok
    ? 'no contradiction'
    : 'DOES NOT AGREE: requests are missing or counted twice, or the load came in bursts';
  return `IOPS × latency = ${formatRatio(product)} in flight; ${seen}: ${outcome}`;
}

/** How the clocks were related and what that was checked with. */
export function clockParts({ clock }: ReportModel): string[] {
  const offset =
    clock.offsetNs === null ? [] : [`guest − host ${clock.offsetNs} ns at the middle of the recording`];
  const drift = clock.driftPpm === null ? [] : [`drift ${driftText(clock.driftPpm)} ppm`];
  const interval =
    clock.intervalNs === null
      ? []
      : [
          `causality leaves ${formatDuration(clock.intervalNs[0])} to ${formatDuration(clock.intervalNs[1])} around it`,
        ];
  const cpus = clock.cpus.map(cpuClocksText);
  const checked = clock.checked === '' ? [] : [clock.checked];
  return [...checked, ...offset, ...drift, ...interval, ...stepParts(clock), ...cpus];
}

/** How far a clock may have been set meanwhile, unnoticed. */
function stepParts({ method, mostStepNs }: ReportModel['clock']): string[] {
  if (method === 'none') return [];
  if (method === 'one-clock') return ['that this clock was not set meanwhile is taken for granted'];
  return mostStepNs === null
    ? ['that no clock was set meanwhile is taken for granted: too few messages would show it']
    : [`had a machine’s clock been set meanwhile, it would show from about ${formatDuration(mostStepNs)} on`];
}

/** How far the clocks of a machine's CPUs may be off unnoticed. */
function cpuClocksText({
  machine,
  cpus,
  provenNs,
  oneCounter,
}: ReportModel['clock']['cpus'][number]): string {
  const known = oneCounter ? 'one clock for all is taken for granted' : 'each has a clock of its own';
  const proven =
    provenNs === null
      ? 'their own events do not bound how far their clocks differ, or were set meanwhile'
      : `by their own events alone their clocks could differ, or have been set meanwhile, by ${formatDuration(provenNs)}`;
  return `${machine} CPUs ${cpuRanges(cpus)}: ${known}, ${proven}`;
}

function driftText(ppm: number): string {
  return ppm !== 0 && Math.abs(ppm) < 0.0005 ? 'below 0.001' : ppm.toFixed(3);
}

/** What the application measured and how it relates to the requests that were followed. */
export function applicationParts({ groundTruth, total }: ReportModel): string[] {
  if (groundTruth === null) return ['no measurement of the application to hold the sum against'];
  const missing = Object.entries(groundTruth.missing).filter(([, count]) => count !== 0);
  return [
    `${groundTruth.source}: ${plural(groundTruth.requests, 'request')}, mean ${formatDuration(groundTruth.meanNs)}`,
    ...(groundTruth.otherRequests === null ? comparedParts(groundTruth, total) : [groundTruth.otherRequests]),
    ...missing.map(([reason, count]) => `${reason} ${formatCount(count)}`),
  ];
}

function comparedParts(
  groundTruth: NonNullable<ReportModel['groundTruth']>,
  total: ReportModel['total'],
): string[] {
  return [
    ...spreadParts(groundTruth.spread, total),
    `${formatCount(groundTruth.matched)} of them compared`,
    outsidePart(groundTruth),
    ...groundTruth.unseen,
    ...cycleParts(groundTruth.cycle),
  ];
}

/** What no stage holds, by name: with the stages it is all of the application's mean. */
function outsidePart({ outsideNs, beforeCallNs }: NonNullable<ReportModel['groundTruth']>): string {
  const outside = `${formatDuration(outsideNs)} a request lie outside the stages`;
  return beforeCallNs === null
    ? outside
    : `${outside}: ${formatDuration(beforeCallNs)} in fio before the call (its lat less its clat), ${formatDuration(outsideNs - beforeCallNs)} between its clock and the traced call, with what tracing the call adds there`;
}

/** From request to request: what the application's rate says, and the trace. */
function cycleParts(cycle: NonNullable<ReportModel['groundTruth']>['cycle']): string[] {
  if (cycle === null) return [];
  const { ownNs, roundingNs, tracedNs, closure, betweenNs, betweenP50Ns, betweenMaxNs } = cycle;
  return [
    `from one request to the next ${formatDuration(ownNs)} ±${formatDuration(roundingNs)} by its rate, ${formatDuration(tracedNs)} traced (${formatShare(closure, 1)}), ${formatDuration(betweenNs)} of it between a return and the next call (median ${formatDuration(betweenP50Ns)}, longest ${formatDuration(betweenMaxNs)})`,
  ];
}

/** The application's percentiles beside those of the requests that were followed. */
function spreadParts(
  spread: NonNullable<ReportModel['groundTruth']>['spread'],
  total: ReportModel['total'],
): string[] {
  if (spread === null) return [];
  const both = (own: number, traced: number) => `${formatDuration(own)} (${formatDuration(traced)} followed)`;
  const what = spread.of === 'total' ? '' : ' of the completion latency';
  return [`its p50${what} ${both(spread.p50Ns, total.p50Ns)}, p99 ${both(spread.p99Ns, total.p99Ns)}`];
}

/** Points that were passed beside the critical path, and stages that are not part of the sum. */
export function besideLines(model: ReportModel): string[] {
  const of = `of ${formatCount(model.requests.matched)}`;
  const points = model.beside.map(
    (each) =>
      `${each.title} (${each.point}): ${formatDuration(each.meanNs)} after the start, in ${formatCount(each.n)} ${of} requests; ${each.why}`,
  );
  const stages = model.stages
    .filter((stage) => !stage.critical)
    .map(
      (stage) =>
        `${stage.title} (${stage.id}), ${stage.from} → ${stage.to}: mean ${formatDuration(stage.meanNs)}, in ${formatCount(stage.n)} ${of} requests; not part of the sum`,
    );
  return [...points, ...stages];
}

/** Points no tracer recorded, and what that costs; and those that another event stands for. */
export function notObservedLines({ notRecorded, standIns }: ReportModel): string[] {
  return [
    ...notRecorded.map((each) => `${each.point} (${each.title})${each.lost === '' ? '' : `: ${each.lost}`}`),
    ...standIns.map(
      ({ point, title, event, instead, moment }) =>
        `${instead} for ${point} (${title}): ${event} stands for it, ${moment}`,
    ),
  ];
}

const SEVERITY_ORDER = ['problem', 'warning', 'info'] as const;

/** Findings, the worst first, otherwise in the order of the model. */
export function findingsBySeverity({ findings }: ReportModel): ReportModel['findings'] {
  return SEVERITY_ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

/** What a finding's change could save, and how sure its cause is. */
export function gainLine({ gain, confidence }: ReportModel['findings'][number]): string {
  const sure = `Confidence: ${confidence}.`;
  if (gain === null) return `Gain: not measured by this recording. ${sure}`;
  const bound =
    gain.uncertaintyNs === null
      ? ' (clock bound unknown)'
      : gain.uncertaintyNs === 0
        ? ''
        : ` ±${formatDuration(gain.uncertaintyNs)}`;
  const caveat = gain.caveat === null ? '' : ` (${gain.caveat})`;
  return `Gain: at most ${formatDuration(gain.atMostNs)}${bound} a request, ${formatShare(gain.share)} of the mean: ${gain.basis}${caveat}. ${sure}`;
}

/** How the path was found. */
export function pathParts({ path }: ReportModel): string[] {
  const talk = path.talk === '' ? [] : [`in the talk: ${path.talk}`];
  return [`${path.name}, ${path.chosen}`, ...path.evidence, ...talk];
}

/** One line per recorded stream. */
export function sourceLines({ recording }: ReportModel): string[] {
  return recording.sources.map(
    (source) =>
      `${source.name}: ${source.machine}, ${source.format}, clock ${source.clock}, ${formatCount(source.events)} events` +
      (source.unused === 0 ? '' : `, ${formatCount(source.unused)} records not used`),
  );
}
