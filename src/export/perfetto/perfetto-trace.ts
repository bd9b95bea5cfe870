/**
 * Followed requests as a Perfetto trace (ui.perfetto.dev): each request a slice with its stages, and on the tracks of the
 * threads and interrupts what each did for it, joined by a flow. One time line, that of the application's clock.
 */
import type { Correlated } from '../../correlate/correlate.ts';
import { STATUS } from '../../correlate/request-table.ts';
import type { PointId } from '../../paths/points.ts';
import { beginPacket, endPacket, instantPacket, trackPacket } from './packets.ts';
import { Tracks } from './tracks.ts';

/** The packets of the file, in pieces. Requests that were not followed whole are not there. */
export function* perfettoTrace(correlated: Correlated): Generator<Uint8Array> {
  const tracks = new Tracks(correlated);
  const drawn = new Drawing(correlated, tracks);
  let first = true;
  for (let request = 0; request < correlated.requests.length; request++) {
    const packets = correlated.requests.status[request] === STATUS.matched ? drawn.request(request) : [];
    for (const track of tracks.fresh()) {
      yield trackPacket(track, first);
      first = false;
    }
    yield* packets;
  }
}

class Drawing {
  readonly #correlated: Correlated;
  readonly #tracks: Tracks;
  /** Until when each lane and each track is taken, ns. */
  readonly #lanes: number[] = [];
  readonly #busyUntil = new Map<number, number>();

  constructor(correlated: Correlated, tracks: Tracks) {
    this.#correlated = correlated;
    this.#tracks = tracks;
  }

  /** All packets of one matched request. */
  request(request: number): Uint8Array[] {
    return [...this.#onLane(request), ...this.#onThreads(request)];
  }

  #at(request: number, point: PointId): number {
    const { requests } = this.#correlated;
    return requests.start[request]! + requests.offsets.get(point)![request]!;
  }

  /** A time of the table as ns of the application's clock. */
  #clock(ns: number): bigint {
    return this.#correlated.app.table.epoch + BigInt(ns);
  }

  /** The request and, inside, its stages: whatever ran, they follow each other without a gap. */
  #onLane(request: number): Uint8Array[] {
    const { requests } = this.#correlated;
    const { points, stages, name } = requests.variants[requests.variant[request]!]!;
    const begin = this.#at(request, points[0]!);
    const end = this.#at(request, points.at(-1)!);
    const lane = this.#freeLane(begin, end);
    const values = {
      sector: requests.sector[request]!,
      bytes: requests.bytes[request]!,
      'total ns': requests.total[request]!,
      ...(name === '' ? {} : { variant: name }),
    };
    return [
      beginPacket({ at: this.#clock(begin), track: lane, name: `request ${request}`, values }),
      ...stages.flatMap((stage, index) => {
        const [from, to] = [points[index]!, points[index + 1]!];
        return [
          beginPacket({
            at: this.#clock(this.#at(request, from)),
            track: lane,
            name: stage,
            values: { from, to },
          }),
          endPacket(lane, this.#clock(this.#at(request, to))),
        ];
      }),
      endPacket(lane, this.#clock(end)),
    ];
  }

  #freeLane(begin: number, end: number): number {
    const free = this.#lanes.findIndex((until) => until <= begin);
    const lane = free === -1 ? this.#lanes.length : free;
    this.#lanes[lane] = end;
    return this.#tracks.lane(lane);
  }

  /** What each thread and interrupt did: a slice where it stamped both ends of a stage, an instant where only one. */
  #onThreads(request: number): Uint8Array[] {
    const { requests } = this.#correlated;
    const { points, stages } = requests.variants[requests.variant[request]!]!;
    const tracks = points.map((point) => this.#tracks.of(point, request));
    return points.flatMap((point, index) => {
      const track = tracks[index];
      if (track === undefined) return [];
      const at = this.#at(request, point);
      const next = points[index + 1];
      const flow = request + 1;
      if (next === undefined || tracks[index + 1] !== track || at < (this.#busyUntil.get(track) ?? 0))
        return [instantPacket({ at: this.#clock(at), track, name: point, flow })];
      const end = this.#at(request, next);
      this.#busyUntil.set(track, end);
      return [
        beginPacket({
          at: this.#clock(at),
          track,
          name: stages[index]!,
          flow,
          values: { request, from: point, to: next },
        }),
        endPacket(track, this.#clock(end)),
      ];
    });
  }
}
