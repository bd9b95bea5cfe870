import type { PointId } from './points.ts';
import type { StageId } from './stages.ts';

/**
 * An I/O path is data: the points one request passes, in critical order, how each is found among the events of a
 * recording, and what the time up to it is called. Adding a path is adding one file that exports one of these.
 */
export interface IoPath {
  readonly name: string;
  readonly title: string;
  /** Where the talk describes it. */
  readonly talk: string;
  /** Which machine the application runs on. */
  readonly app: 'guest' | 'host';
  /** The application-side requests everything else is attached to. */
  readonly anchors: {
    readonly submit: PointId;
    /** Of the block layer, where the recording shows it; see `withBlockLayer`. */
    readonly queue?: PointId;
    readonly getrq?: PointId;
    readonly insert?: PointId;
    readonly issue: PointId;
    readonly complete: PointId;
    readonly return: PointId;
  };
  /** Points in critical order. */
  readonly points: readonly PathPoint[];
  /** How the points other than the anchors are found, in the order in which they are looked for. */
  readonly rules: readonly PointRule[];
  readonly groups: readonly PathGroup[];
  readonly bypasses: readonly Bypass[];
  /** What a maintainer should know about this path, for `explain`. */
  readonly about: string;
}

/** A point's place in a path. */
export interface PathPoint {
  readonly point: PointId;
  /** What the time from the point before up to this one is called; absent on the first point. */
  readonly stage?: StageId;
  /** Detail: helps to find and to check other points, is not the border of a stage. */
  readonly detail?: true;
}

/** How the row that stamped a point for one request is found among all rows of its events. */
export interface PointRule {
  readonly point: PointId;
  /** Events that stamp the point, best first; the first one the recording holds is used for all its requests. */
  readonly events: readonly string[];
  /** Which moment those of its events stamp that only stand for the point; where one is used, the report says so. */
  readonly standIns?: Readonly<Record<string, string>>;
  readonly join: Join;
  readonly pick: 'first' | 'last';
  /** Not before the latest of these that is known … */
  readonly after: readonly PointId[];
  /** … and not after the earliest of these that is known. */
  readonly before: readonly PointId[];
  /** Only rows whose `tag` is this number (an exit class), or one of those seen to belong to this disk ('learned'). */
  readonly tag?: number | 'learned' | { readonly sameAs: PointId };
  /** A tag from this on is never the disk's. */
  readonly tagBelow?: number;
  /** Only rows whose `dev` is one of those seen to belong to this disk (an interrupt's name). */
  readonly dev?: 'learned';
  /**
   * The pick is right however many requests are in flight, because the context decides (same interrupt, same call) or
   * because the first read of an eventfd drains it. Without this a pick is only made for a request that was alone, since
   * even the only candidate may be another's; otherwise the point stays unobserved and its two stages are merged.
   */
  readonly certain?: true;
  /** Its window opens with a row of the other machine: certain above queue depth 1 as far as the clocks tell it from its neighbours. */
  readonly isAcross?: true;
  /** The row begins a system call, or an interrupt's handler, that the row of `join.of` lies in: not one that has ended before. */
  readonly around?: true;
  /** The row reads the eventfd that this point's row signals: of several, only a read of that one is taken. Not with `sameAs`. */
  readonly drains?: PointId;
  /** Above queue depth 1 taken only when none of these events of the back-end lies between it and the end of its window. */
  readonly settled?: readonly string[];
  /**
   * The thread leaves such a row once before each of these events, a completion: above queue depth 1 a request is given one that is
   * the only one since the completion before. With `join` by the task of a completion.
   */
  readonly turn?: string;
  /** Only for requests that have this point, where the recording holds it at all. */
  readonly onlyWith?: PointId;
  /** And for those that were alone: what is found of them is theirs, and shows that the other point was lost. */
  readonly orAlone?: true;
}

/** What ties a row to the request. */
export type Join =
  /** Same sector (shifted by a constant for a partition): a host block request of the guest's request. */
  | { readonly by: 'sector' }
  /** Same thread as the row that stamped another point. */
  | { readonly by: 'task'; readonly of: PointId }
  /** Same CPU as the row that stamped another point: nested in the same interrupt or call. */
  | { readonly by: 'cpu'; readonly of: PointId }
  /** The vCPU thread that runs the guest CPU of another point's row. */
  | { readonly by: 'vcpu'; readonly of: PointId }
  /** The thread that serves this disk: IOThread, main loop, storage daemon or reactor. */
  | { readonly by: 'backend' }
  /** Any row in the window. */
  | { readonly by: 'window' };

/** Points that come together or not at all: a request with only some of them has lost events. */
export interface PathGroup {
  readonly name: string;
  readonly members: readonly PointId[];
  /** Absence of the whole group is legal and means this; without it the members are required. */
  readonly absence?: string;
  /** All requests of a recording go one way: where nearly all have the group, a request without it has lost events. */
  readonly allOrNone?: true;
}

/**
 * A mechanism the request may pass by (polling instead of a kick and a wake-up). It is on the critical path when all
 * of `needs` that this recording holds were observed, in order, before the next border; else its points stand beside.
 */
export interface Bypass {
  readonly name: string;
  readonly needs: readonly PointId[];
  /** Shows that the mechanism was set going: with it, and without the first of `needs`, nothing can be told. */
  readonly evidence?: PointId;
  /** Borders that leave the critical path when the mechanism was passed by. */
  readonly points: readonly PointId[];
  /** Further borders that end a stretch which is then called `stage`. */
  readonly upTo: readonly PointId[];
  readonly stage: StageId;
  /** Names of the variant of requests that took the mechanism, and of those that passed it by. */
  readonly variant: readonly [taken: string, passedBy: string];
}

/** The same path for an application that says how long each request took, but not when: what lies around its call is one stage. */
export function withLatenciesAlone(path: IoPath): IoPath {
  return {
    ...path,
    points: path.points.map((each) => (each.point === 'app:end' ? { ...each, stage: 'around-call' } : each)),
  };
}

/**
 * Completes a path with what all of them share: the application's own time stamps around its system call, known when
 * it logs its requests.
 */
export function defineIoPath(path: IoPath): IoPath {
  const inner = path.points.map((point) =>
    point.point === path.anchors.submit ? { ...point, stage: 'user-to-syscall' as const } : point,
  );
  return {
    ...path,
    points: [{ point: 'app:begin' }, ...inner, { point: 'app:end', stage: 'syscall-to-user' }],
  };
}
