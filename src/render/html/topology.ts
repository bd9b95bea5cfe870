/**
 * The way of a request over the machine as a drawing: a lane per NUMA node, the actors from top to bottom in the order the request
 * meets them, a line that changes lanes where the request changes nodes. What the recording does not tell stands in a lane of its own.
 */
import type { ReportModel } from '../../report/report-model.ts';
import { cpuRanges } from '../details.ts';
import { formatShare } from '../format-ns.ts';
import { html, type Markup, NOTHING } from './markup.ts';

type ActorName = 'application' | 'vCPU' | 'back-end thread' | 'drive' | 'drive interrupt';

/** What the report calls them. */
const NAMES: Readonly<Record<ActorName, RegExp>> = {
  application: /^application/,
  vCPU: /^vCPU/,
  'back-end thread': /^(back-end|IO )/,
  drive: /^drive$/,
  'drive interrupt': /interrupt$/,
};

/** An actor at its turn. */
interface Stop {
  readonly actor: ActorName;
  /** The key of its lane: a node's number, or null. */
  readonly lane: number | null;
  readonly where: string;
  readonly observed: boolean;
  /** What happens on the way here. */
  readonly arrival: string;
}

const WIDTH = 440;
const LEFT = 8;
const LANE_HEAD = 34;
const STEP = 88;
const BOX = { width: 128, height: 42 };

/** Nothing when the report names no place at all. */
export function topology(model: ReportModel): Markup {
  const stops = stopsOf(model);
  const lanes = lanesOf(stops, model);
  const laneWidth = (WIDTH - 2 * LEFT) / lanes.length;
  const height = LANE_HEAD + stops.length * STEP - (STEP - BOX.height) + 22;
  const x = (lane: number | null) => LEFT + (lanes.findIndex((each) => each.node === lane) + 0.5) * laneWidth;
  const y = (at: number) => LANE_HEAD + at * STEP + 8;
  const box = Math.min(BOX.width, laneWidth - 10);
  return html`<svg class="topology" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="topology-t"><title id="topology-t">${spoken(stops, lanes)}</title>
${lanes.map(
  (
    { title, node },
    at,
  ) => html`<rect class="${node === null ? 'lane unknown' : 'lane'}" x="${LEFT + at * laneWidth + 2}" y="1" width="${laneWidth - 4}" height="${height - 2}" rx="8"/><text class="lane-title" x="${LEFT + (at + 0.5) * laneWidth}" y="22">${title}</text>
`,
)}${stops.slice(1).map((stop, at) => hop(stops[at]!, stop, [x(stops[at]!.lane), y(at) + BOX.height], [x(stop.lane), y(at + 1)]))}
${stops.map((stop, at) => station(stop, x(stop.lane), y(at), box))}</svg>`;
}

function station(stop: Stop, x: number, y: number, width: number): Markup {
  const kind = stop.actor.replace(' ', '-');
  return html`<g class="stop ${kind}${stop.observed ? '' : ' unseen'}"><rect x="${x - width / 2}" y="${y}" width="${width}" height="${BOX.height}" rx="6"/><text x="${x}" y="${y + 18}">${stop.actor}</text><text class="where" x="${x}" y="${y + 34}">${stop.where}</text></g>
`;
}

type Place = readonly [x: number, y: number];

function hop(from: Stop, to: Stop, [x1, y1]: Place, [x2, y2]: Place): Markup {
  const crosses = from.lane !== to.lane && from.lane !== null && to.lane !== null;
  const turn = y1 + 19;
  const d = x1 === x2 ? `M${x1} ${y1}V${y2 - 3}` : `M${x1} ${y1}V${turn}H${x2}V${y2 - 3}`;
  // In the right half the label stands left of its line, so that it cannot leave the drawing.
  const right = x2 <= WIDTH / 2;
  const label = html`<text class="${right ? 'hop-label' : 'hop-label end'}" x="${right ? x2 + 8 : x2 - 8}" y="${y2 - 8}">${to.arrival}</text>`;
  const mark = crosses
    ? html`<text class="hop-node" x="${(x1 + x2) / 2}" y="${turn - 5}">changes node</text>`
    : NOTHING;
  return html`<path class="${crosses ? 'hop crosses' : 'hop'}" d="${d}"/><path class="tip" d="M${x2 - 4} ${y2 - 7}L${x2} ${y2}L${x2 + 4} ${y2 - 7}Z"/>${label}${mark}
`;
}

function spoken(stops: readonly Stop[], lanes: readonly { node: number | null; title: string }[]): string {
  const title = (lane: number | null) => lanes.find(({ node }) => node === lane)?.title ?? '';
  return `The way of a request: ${stops.map((stop) => `${stop.actor} (${[title(stop.lane), stop.where].filter((text) => text !== '').join(', ')})`).join(', then ')}.`;
}

function stopsOf({ stages, numa }: ReportModel): Stop[] {
  const has = (pattern: RegExp) => stages.some(({ from, to }) => pattern.test(from) || pattern.test(to));
  const guest = has(/^(guest|kvm):/);
  const caller: ActorName = guest ? 'vCPU' : 'application';
  const backend = has(/^(backend|spdk):/);
  const interrupt = has(/^(host|vfio):irq$/);
  const stop = (actor: ActorName, arrival: string): Stop => {
    const known = numa.actors.find((each) => NAMES[actor].test(each.actor));
    const cpus = known?.cpus ?? [];
    const where = cpus.length > 0 ? cpuText(cpus) : actor === 'drive' ? '' : 'CPU not observed';
    const nowhere = known === undefined || (cpus.length === 0 && known.node === null);
    return {
      actor,
      lane: known?.node ?? null,
      where: nowhere ? 'place not observed' : where,
      observed: !nowhere,
      arrival,
    };
  };
  return [
    stop(caller, ''),
    ...(backend ? [stop('back-end thread', guest ? 'kick, or found by polling' : '')] : []),
    stop('drive', 'command'),
    ...(interrupt ? [stop('drive interrupt', 'interrupt')] : []),
    ...(backend ? [stop('back-end thread', interrupt ? 'completion' : 'found by polling')] : []),
    stop(caller, guest && (backend || has(/^kvm:/)) ? 'interrupt, vCPU resumes' : 'completion'),
  ];
}

function cpuText(cpus: readonly number[]): string {
  const text = `${cpus.length === 1 ? 'CPU' : 'CPUs'} ${cpuRanges(cpus)}`;
  return text.length <= 18 ? text : `${cpus.length} CPUs`;
}

/** Nodes with an actor or memory, ascending; the unknown last. Many nodes would leave no room: then only those with an actor. */
function lanesOf(stops: readonly Stop[], { numa }: ReportModel): { node: number | null; title: string }[] {
  const acting = new Set(stops.map(({ lane }) => lane));
  const memory = numa.memoryPagesByNode ?? [];
  const pages = memory.reduce((sum, each) => sum + each.pages, 0);
  const withMemory = acting.size + memory.length <= 3 ? memory.map(({ node }) => node) : [];
  const nodes = [...new Set([...acting, ...withMemory])];
  const known = nodes.filter((node) => node !== null).toSorted((a, b) => a - b);
  const title = (node: number) => {
    const own = memory.find((each) => each.node === node);
    return own === undefined ? `node ${node}` : `node ${node}, memory ${formatShare(own.pages / pages)}`;
  };
  return [
    ...known.map((node) => ({ node, title: title(node) })),
    ...(acting.has(null) ? [{ node: null, title: 'node not observed' }] : []),
  ];
}
