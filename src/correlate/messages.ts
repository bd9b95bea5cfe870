/**
 * The messages between the machines that a recording contains: which application-side row must lie before which
 * host-side row, and the other way round. They bound the clocks' relation; nothing here knows that relation.
 */

import { matchSequences, type SequenceMatch } from '../clocks/match-sequences.ts';
import type { RequestMessages } from '../clocks/robust-line.ts';
import type { PointId } from '../paths/points.ts';
import type { EventTable } from '../trace/event-table.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import type { Followed } from './follow.ts';
import type { HostMatch } from './host-requests.ts';
import { type Scene, sideOf } from './scene.ts';

export interface Exchange {
  /** Application → host. */
  readonly lower: RequestMessages;
  /** Host → application. */
  readonly upper: RequestMessages;
}

/** Collects messages of one direction, at most `most`; offsets are application time − host time. */
class Collector {
  readonly #at: Float64Array;
  readonly #offset: Float64Array;
  readonly #request: Int32Array;
  #length = 0;

  constructor(most: number) {
    this.#at = new Float64Array(most);
    this.#offset = new Float64Array(most);
    this.#request = new Int32Array(most);
  }

  add(request: number, appTs: number, hostTs: number, wideningNs: number): void {
    const index = this.#length++;
    this.#at[index] = hostTs;
    this.#offset[index] = appTs - hostTs + wideningNs;
    this.#request[index] = request;
  }

  finish(): RequestMessages {
    return {
      at: this.#at.slice(0, this.#length),
      offset: this.#offset.slice(0, this.#length),
      request: this.#request.slice(0, this.#length),
    };
  }
}

/** Messages that need no clock: requests the host knows by their sector were issued later and completed earlier there. */
export function messagesBySector(
  app: EventTable,
  requests: AppRequests,
  host: EventTable,
  match: HostMatch,
  roundingNs: number,
): Exchange {
  const lower = new Collector(requests.length);
  const upper = new Collector(requests.length);
  for (let request = 0; request < requests.length; request++) {
    const issued = match.issue[request]!;
    const completed = match.complete[request]!;
    const appIssue = requests.issue[request]!;
    const appComplete = requests.complete[request]!;
    if (issued !== NO_ROW) lower.add(request, app.ts[appIssue]!, host.ts[issued]!, -roundingNs);
    if (completed !== NO_ROW && appComplete !== NO_ROW)
      upper.add(request, app.ts[appComplete]!, host.ts[completed]!, roundingNs);
  }
  return { lower: lower.finish(), upper: upper.finish() };
}

/** Host events that come once per completion, and once per kick, and carry no identity; the most specific first. */
const COMPLETION_EVENTS = [
  'kvm_apic_accept_irq',
  'kvm_apicv_accept_irq',
  'kvm_msi_set_irq',
  'irqfd_wakeup',
  'virtio_notify_irqfd',
  'vfio_msihandler',
  'eventfd_write',
];
const KICK_EVENTS = ['kvm_mmio', 'ioeventfd_write', 'kvm_fast_mmio', 'eventfd_signal', 'virtio_queue_notify'];

/** A lane is tried when it has at least this share of the requests' number, and preferred when it fits this much better. */
const LEAST_OF_REQUESTS = 0.3;
const CLEARLY_BETTER = 0.02;

/** Application-side rows that the rhythm is taken from, per request. */
export interface RhythmRows {
  readonly completions: Int32Array;
  /** Undefined when the guest's kicks were not recorded. */
  readonly kicks: Int32Array | undefined;
}

/** The rhythm may have been met a beat or two beside its place: what is tried, in this order. */
const BEATS = [0, -1, 1, -2, 2];

/**
 * Messages found by rhythm: the guest's completions, and its kicks, against whichever of the host's events keep step. The
 * likeliest first, then those of the beats beside; none when nothing keeps step with the completions.
 */
export function messagesByRhythm(
  app: EventTable,
  requests: AppRequests,
  { completions, kicks }: RhythmRows,
  host: Occurrences,
  roundingNs: number,
): readonly Exchange[] {
  const completed = inStep(app, completions, host, COMPLETION_EVENTS);
  if (completed === undefined) return [];
  const kicked = kicks === undefined ? undefined : inStep(app, kicks, host, KICK_EVENTS);
  return BEATS.map((beats) => {
    const lower = new Collector(2 * requests.length);
    const upper = new Collector(requests.length);
    for (const { request, appTs, hostTs } of stepsOf(completed, beats)) {
      lower.add(request, app.ts[requests.issue[request]!]!, hostTs, -roundingNs);
      upper.add(request, appTs, hostTs, roundingNs);
    }
    // Kicks were put in their places without the completions; with those moved, they would have to be moved as well.
    if (beats === 0 && kicked !== undefined)
      for (const { request, appTs, hostTs } of stepsOf(kicked, 0))
        lower.add(request, appTs, hostTs, -roundingNs);
    return { lower: lower.finish(), upper: upper.finish() };
  });
}

/** Two sequences that keep step: requests with their times on their machine, times of the host, and which belongs to which. */
interface InStep {
  readonly request: readonly number[];
  readonly times: Float64Array;
  readonly lane: Float64Array;
  readonly match: SequenceMatch;
}

interface Step {
  readonly request: number;
  readonly appTs: number;
  readonly hostTs: number;
}

/** The pairs, each with the event so many beats behind the one it was matched with. */
function stepsOf({ request, times, lane, match }: InStep, beats: number): Step[] {
  const steps: Step[] = [];
  for (let pair = 0; pair < match.a.length; pair++) {
    const index = match.a[pair]!;
    const hostTs = lane[match.b[pair]! + beats];
    if (hostTs !== undefined) steps.push({ request: request[index]!, appTs: times[index]!, hostTs });
  }
  return steps;
}

/** The rows known per request, and the lane of the host's events that fits them best. */
function inStep(
  app: EventTable,
  rows: Int32Array,
  host: Occurrences,
  events: readonly string[],
): InStep | undefined {
  const request = [...rows.keys()]
    .filter((each) => rows[each] !== NO_ROW)
    .sort((a, b) => app.ts[rows[a]!]! - app.ts[rows[b]!]!);
  const times = Float64Array.from(request, (each) => app.ts[rows[each]!]!);
  let best: InStep | undefined;
  for (const laneRows of lanes(host, events, request.length)) {
    const lane = Float64Array.from(laneRows, (row) => host.table.ts[row]!);
    const match = matchSequences(times, lane);
    if (match === undefined || match.share <= (best?.match.share ?? 0) + CLEARLY_BETTER) continue;
    best = { request, times, lane, match };
  }
  return best;
}

/** Rows that could be the host's end: each event split by its key (vector, address, eventfd), and as a whole. */
function* lanes(host: Occurrences, events: readonly string[], requests: number): Generator<Uint32Array> {
  const least = requests * LEAST_OF_REQUESTS;
  for (const event of events) {
    const rows = host.rows(event);
    if (rows.length < least) continue;
    const counts = new Map<number, number>();
    for (const row of rows) counts.set(host.table.tag[row]!, (counts.get(host.table.tag[row]!) ?? 0) + 1);
    for (const [tag, count] of counts)
      if (count >= least && count < rows.length) yield rows.filter((row) => host.table.tag[row] === tag);
    yield rows;
  }
}

/** Last sender before each direction's receiver, in the order they are looked for. */
const KICK_SENDERS: readonly PointId[] = ['guest:kick', 'guest:issue'];
const KICK_RECEIVERS: readonly PointId[] = ['kvm:exit', 'kvm:mmio', 'kvm:ioeventfd'];
const INTERRUPT_RECEIVERS: readonly PointId[] = ['guest:irq', 'guest:poll-found', 'guest:complete'];

/** The tightest messages of requests that were alone, from the points found for them. */
export function messagesByPoints(scene: Scene, followed: Followed, roundingNs: number): Exchange {
  const { host, app, requests } = scene;
  const lower = new Collector(host === undefined ? 0 : 3 * requests.length);
  const upper = new Collector(host === undefined ? 0 : requests.length);
  if (host === undefined) return { lower: lower.finish(), upper: upper.finish() };
  const columns = (points: readonly PointId[]) => points.flatMap((point) => followed.rows.get(point) ?? []);
  const senders = columns(KICK_SENDERS);
  const receivers = columns(KICK_RECEIVERS);
  const halts = columns(['kvm:halt']);
  const interrupts = columns(INTERRUPT_RECEIVERS);
  const others = columns(
    scene.path.points
      .map(({ point }) => point)
      .filter((point) => sideOf(scene, point) === host)
      .filter((point) => !KICK_RECEIVERS.includes(point) && point !== 'kvm:halt'),
  );
  for (let request = 0; request < requests.length; request++) {
    if (scene.alone[request] !== 1) continue;
    const issue = requests.issue[request]!;
    const kick = firstKnown(senders, request);
    const kicked = firstKnown(receivers, request);
    if (kick !== NO_ROW && kicked !== NO_ROW)
      lower.add(request, app.table.ts[kick]!, host.table.ts[kicked]!, -roundingNs);
    // While a vCPU sleeps it runs nothing: what its guest did before the interrupt happened before the HLT exit.
    const halted = firstKnown(halts, request);
    if (halted !== NO_ROW && app.table.cpu[issue] === app.table.cpu[requests.complete[request]!])
      lower.add(request, app.table.ts[issue]!, host.table.ts[halted]!, -roundingNs);
    // Rows are in order of time.
    let first: number = NO_ROW;
    let last: number = NO_ROW;
    for (let at = 0; at < others.length; at++) {
      const row = others[at]![request]!;
      if (row === NO_ROW) continue;
      if (first === NO_ROW || row < first) first = row;
      if (row > last) last = row;
    }
    if (first === NO_ROW) continue;
    lower.add(request, app.table.ts[issue]!, host.table.ts[first]!, -roundingNs);
    const received = firstKnown(interrupts, request);
    if (received !== NO_ROW) upper.add(request, app.table.ts[received]!, host.table.ts[last]!, roundingNs);
  }
  return { lower: lower.finish(), upper: upper.finish() };
}

/** The row of the first of several points that is known for a request; NO_ROW where none is. */
function firstKnown(columns: readonly Int32Array[], request: number): number {
  for (const rows of columns) if (rows[request] !== NO_ROW) return rows[request]!;
  return NO_ROW;
}
