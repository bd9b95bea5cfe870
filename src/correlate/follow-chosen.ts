/**
 * Follows requests along the path that was chosen for them, away from what is doubtful. Enters: the application's machine, who takes part
 * beside it, what is wrong with rows and clocks. Leaves: the requests that were followed, their rows, the clocks' relation.
 */
import { withBlockLayer } from '../paths/block-layer.ts';
import { virtioHostOnly } from '../paths/host-only.ts';
import { type IoPath, withLatenciesAlone } from '../paths/io-path.ts';
import { placesOf } from '../trace/places.ts';
import type { MachineName, RecordingFacts } from '../trace/recording.ts';
import { NO_ROW } from '../trace/units.ts';
import { type Actors, noRows, servedBy } from './actors.ts';
import type { AppMachine } from './app-machine.ts';
import type { AppRequests } from './app-requests.ts';
import { asCycles } from './cycles.ts';
import { aroundRequests, descriptorsOnce } from './descriptors.ts';
import { type FollowedPlaced, followPlaced } from './follow-placed.ts';
import { awayFrom } from './misclocked.ts';
import type { SideDoubts } from './near-gaps.ts';
import { setClock } from './set-clocks.ts';
import { isLossy } from './side-doubts.ts';
import { ThreadSet } from './thread-set.ts';
import { backendThreads } from './threads.ts';
import type { KnownClocks } from './tighten.ts';

/** A path, and why it is that one. */
export interface ChosenPath {
  readonly path: IoPath;
  readonly evidence: readonly string[];
}

/** What is known beside the machines; see CorrelateInput. */
export interface KnownBeside extends Omit<KnownClocks, 'set'> {
  readonly facts: RecordingFacts;
  readonly latencies?: Float64Array | undefined;
}

/** What was followed, and of which requests. */
export interface FollowedChosen extends FollowedPlaced {
  readonly requests: AppRequests;
  readonly latencies: Float64Array | undefined;
  /** A path with the steps of the block layer that these requests show. */
  ofBlockLayer(path: IoPath): IoPath;
}

const NO_REQUESTS = { issue: noRows(0), complete: noRows(0) };

/**
 * Follows the requests of the application's machine along `chosen`: with its host on their time line, where a relation of the clocks holds.
 * `doubts`: what is known by now to be wrong; requests there bound no clock. Changes nothing that it is given.
 */
export function followChosen(
  input: KnownBeside,
  { app, seen, concurrent }: AppMachine,
  appName: MachineName,
  chosen: ChosenPath,
  actors: Actors,
  doubts: SideDoubts,
): FollowedChosen {
  const isHostAlone = chosen.path === virtioHostOnly;
  const requests = isHostAlone ? asCycles(app.table, seen, concurrent) : seen;
  const backend = isHostAlone ? backendThreads(app.occurrences, requests.issue, input.facts) : actors.backend;
  const alone = awayFrom(doubts.misclocked.app, app.table, seen, concurrent.alone);
  const hostIssue = actors.match?.issue ?? noRows(requests.length);
  const latencies = isHostAlone ? undefined : input.latencies;
  const ofBlockLayer = (path: IoPath) => (isHostAlone ? path : inBlockLayer(path, requests));
  const base = {
    path: ofBlockLayer(latencies === undefined ? chosen.path : withLatenciesAlone(chosen.path)),
    requests,
    app,
    hostIssue,
    hostComplete: actors.match?.complete ?? noRows(requests.length),
    backend,
    serves: new ThreadSet(backend),
    servedBy: servedBy(hostIssue, actors.hostTable, backend),
    stretch: requests.length,
    alone,
    isLossy: isLossy(doubts),
    shared: placesOf(alone, 0),
    descriptors: descriptorsOnce(
      backend,
      aroundRequests((actors.hostTable ?? app.table).ts, actors.match ?? NO_REQUESTS),
      isLossy(doubts),
    ),
  };
  const set = setClock(doubts, appName, actors.match);
  const { scene, followed, relation } = followPlaced(base, actors, { ...input, set }, app.table.epoch);
  return { requests, latencies, scene, followed, relation, ofBlockLayer };
}

/** The path with what the block layer of the application's machine was seen to do. */
function inBlockLayer(path: IoPath, { queue, getrq, insert }: AppRequests): IoPath {
  return isSeen(queue) || isSeen(getrq) ? withBlockLayer(path, isSeen(insert)) : path;
}

/** Whether any request has a row. */
function isSeen(rows: Int32Array): boolean {
  for (let request = 0; request < rows.length; request++) if (rows[request] !== NO_ROW) return true;
  return false;
}
