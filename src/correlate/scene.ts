/** What the rules of a path are applied to: a disk's requests, the machines they cross, what is known of them so far. */
import type { IoPath } from '../paths/io-path.ts';
import { type PointId, pointById } from '../paths/points.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import type { AppRequests } from './app-requests.ts';
import type { Descriptors } from './descriptors.ts';
import type { Side } from './side.ts';
import type { ThreadSet } from './thread-set.ts';

/** Everything a rule can refer to. */
export interface Scene {
  readonly path: IoPath;
  readonly requests: AppRequests;
  readonly app: Side;
  /** Host of a guest recording; undefined on bare metal or when the host was not recorded. */
  readonly host: Side | undefined;
  /** Host request of each request: rows of its issue and completion, NO_ROW without one. */
  readonly hostIssue: Int32Array;
  readonly hostComplete: Int32Array;
  /** Threads that serve this disk. */
  readonly backend: ReadonlySet<number>;
  /** The same for searches. */
  readonly serves: ThreadSet;
  /** The thread that served each request, where its host request tells; else BACKEND, any of the disk's threads. */
  readonly servedBy: Float64Array;
  /** So many requests at a time followed each other; fewer than all of them in a sample. */
  readonly stretch: number;
  /** Request r was the only one in flight all the time. */
  readonly alone: Uint8Array;
  /** All the others, in order. */
  readonly shared: Int32Array;
  /** Descriptors that the threads of the disk read, learned once for all passes. */
  readonly descriptors: (machine: Occurrences) => Descriptors;
  /** How far a bound taken from the other machine may be off; 0 once the clocks are related. */
  readonly slackNs: number;
  /** How far the clocks' relation may be off, ns; bounds of the other machine decide nothing that is nearer. */
  readonly boundNs: number;
  /** Events are known to be missing, wherever they are: that one is not there says nothing. */
  readonly isLossy: boolean;
}

/** A scene without its host. */
export type Base = Omit<Scene, 'host' | 'slackNs' | 'boundNs'>;

/**
 * A scene with its host; how far that one's times may be off while they are being related, and once they are. All scenes are made here:
 * as with `eventTable`, they have one shape.
 */
export function withHost(base: Base, host: Side | undefined, slackNs: number, boundNs: number): Scene {
  return {
    path: base.path,
    requests: base.requests,
    app: base.app,
    host,
    hostIssue: base.hostIssue,
    hostComplete: base.hostComplete,
    backend: base.backend,
    serves: base.serves,
    servedBy: base.servedBy,
    stretch: base.stretch,
    alone: base.alone,
    shared: base.shared,
    descriptors: base.descriptors,
    slackNs,
    boundNs,
    isLossy: base.isLossy,
  };
}

/** The machine a point is stamped on, in this scene. */
export function sideOf(
  { path, app, host }: Pick<Scene, 'path' | 'app' | 'host'>,
  point: PointId,
): Side | undefined {
  return ofMachine(path, point, app, host);
}

/** What there is of the machine that a path has a point stamped on: of the application's, or of the host beside it. */
export function ofMachine<Part>(
  path: IoPath,
  point: PointId,
  app: Part,
  host: Part | undefined,
): Part | undefined {
  const { side } = pointById(point);
  if (side === 'app' || side === path.app) return app;
  return side === 'host' ? host : undefined;
}
