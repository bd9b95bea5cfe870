/**
 * The digests of a recording's slices as one. Requests are joined as they come, so that a slice leaves little else behind;
 * percentiles are of all requests.
 */
import { type RelatedSlice, uniteRelations } from '../clocks/unite-relations.ts';
import type { ApplicationMatch } from '../correlate/application.ts';
import { JoinedRequests } from '../correlate/joined-requests.ts';
import { uniteNuma } from '../stats/unite-numa.ts';
import type { RecordingFacts } from '../trace/recording.ts';
import { type Digest, type SliceDigest, stagesOf } from './digest.ts';
import type { StreamTrust } from './stream-trust.ts';
import { uniteFindings } from './unite-findings.ts';
import {
  type JoinedDigest,
  uniteBounds,
  uniteCounts,
  uniteCpus,
  uniteEvidence,
  uniteSkews,
  uniteTorn,
} from './unite-parts.ts';

/** Takes the digests of slices in order of time. */
export class DigestSum {
  readonly #slices: JoinedDigest[] = [];
  readonly #related: RelatedSlice[] = [];
  readonly #requests = new JoinedRequests();
  /** Request of each line of the application's log. */
  readonly #lines: Int32Array;
  #isMatched = true;
  #logOffsetNs = 0;

  /** `lines`: of the application's log; 0 without one. */
  constructor(lines: number) {
    this.#lines = new Int32Array(lines).fill(-1);
  }

  /** Slices so far. */
  get slices(): number {
    return this.#slices.length;
  }

  /** The next slice; `firstLine` is the number of the first line of the log that it was laid beside. */
  add({ requests, breakdown, application, streams: _, ...digest }: SliceDigest, firstLine: number): void {
    const { start, length } = requests;
    this.#takeMatch(application, firstLine);
    if (length > 0)
      this.#related.push({
        relation: digest.relation,
        middle: start[length >> 1]!,
        end: start[length - 1]!,
      });
    this.#requests.add(requests);
    this.#slices.push({ ...digest, matched: breakdown.matched.length });
  }

  #takeMatch(match: ApplicationMatch | undefined, firstLine: number): void {
    if (match === undefined) {
      this.#isMatched = false;
      return;
    }
    this.#logOffsetNs = match.offsetNs;
    const { length } = this.#requests;
    for (let own = 0; own < match.entry.length; own++) {
      const line = match.entry[own]!;
      if (line !== -1) this.#lines[firstLine + line] = length + own;
    }
  }

  /**
   * One digest of all slices, of which there is at least one. `streams` is what was found out about each stream as a whole.
   */
  whole(streams: readonly StreamTrust[], facts: RecordingFacts): Digest {
    const slices = this.#slices;
    const main = slices.reduce((most, each) => (each.matched > most.matched ? each : most));
    const requests = this.#requests.table();
    const sum = (of: (digest: JoinedDigest) => number) =>
      slices.reduce((total, digest) => total + of(digest), 0);
    return {
      path: main.path,
      evidence: uniteEvidence(main, slices),
      device: main.device,
      requests,
      breakdown: stagesOf(main.path, requests),
      strays: {
        begunBefore: sum(({ strays }) => strays.begunBefore),
        issueLost: sum(({ strays }) => strays.issueLost),
      },
      relation: this.#related.length === 0 ? main.relation : uniteRelations(this.#related),
      application: this.#isMatched ? this.#match() : undefined,
      depth: {
        most: Math.max(...slices.map(({ depth }) => depth.most)),
        inFlightNs: sum(({ depth }) => depth.inFlightNs),
        busyNs: sum(({ depth }) => depth.busyNs),
      },
      unseen: {
        withoutCall: sum(({ unseen }) => unseen.withoutCall),
        withoutReturn: sum(({ unseen }) => unseen.withoutReturn),
        inRing: sum(({ unseen }) => unseen.inRing),
      },
      recorded: new Set(slices.flatMap(({ recorded }) => [...recorded])),
      standIns: new Map(slices.flatMap(({ standIns }) => [...standIns])),
      torn: uniteTorn(slices),
      misclocked: { app: uniteSkews(slices, 'app'), host: uniteSkews(slices, 'host') },
      cpus: uniteCpus(slices),
      stageBounds: uniteBounds(slices),
      counts: uniteCounts(slices),
      numa: uniteNuma(slices, facts, requests.length),
      findings: uniteFindings(slices),
      streams,
      unjoined: main.unjoined,
      roundingNs: main.roundingNs,
      slices: slices.length,
    };
  }

  #match(): ApplicationMatch {
    const entry = new Int32Array(this.#requests.length).fill(-1);
    this.#lines.forEach((request, line) => {
      if (request !== -1) entry[request] = line;
    });
    return { entry, request: this.#lines, offsetNs: this.#logOffsetNs };
  }
}
