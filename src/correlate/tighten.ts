/**
 * Bounds the clocks by the messages between a request's points. Enters: a scene without its host, a relation to begin with. Leaves: the
 * relation that those messages allow.
 */
import type { ExactRelation, Relation } from '../clocks/relation.ts';
import { MOST_VIOLATORS } from '../clocks/robust-line.ts';
import type { Occurrences } from '../trace/occurrences.ts';
import { boundingPath } from './bounding-rules.ts';
import { follow } from './follow.ts';
import type { KnownShift } from './host-requests.ts';
import { type Exchange, messagesByPoints } from './messages.ts';
import { ONE_DIRECTION, oneSidedRelation, tightRelation, unrelated } from './relate.ts';
import { SAMPLING, sampleOf } from './sample.ts';
import { type Base, withHost } from './scene.ts';
import { otherSide } from './side.ts';

/** What is known of the clocks beforehand; see CorrelateInput. */
export interface KnownClocks {
  readonly exact?: ExactRelation | undefined;
  readonly sameRate: boolean;
  readonly roundingNs: number;
  /** What the slice of the recording before this one said of them. */
  readonly before?: KnownBefore | undefined;
  /** What shows that one was set while it was recorded. */
  readonly set?: string | undefined;
}

/** A relation of a slice before, for times after its tables' epochs. */
export interface KnownBefore {
  readonly relation: Relation;
  readonly epochs: { readonly app: bigint; readonly host: bigint };
  /** Of sectors on the host. */
  readonly shift: KnownShift | undefined;
  /** Nothing was wrong with its rows and clocks. */
  readonly isSound: boolean;
}

/** What is known before the points of requests are. */
export interface Beginning {
  /** What is taken where no request was alone. */
  readonly rough: Exchange | undefined;
  readonly first: { offsetAt(ns: number): number; readonly slackNs: number };
  /** The first relation is that of the slice before, which is hardly ever far from this one's. */
  readonly isOfBefore: boolean;
  readonly epochs: { readonly app: bigint; readonly host: bigint };
}

/** A relation, the messages that bound it, and of how many requests there was one back from the host. */
export interface Tightened {
  readonly relation: Relation;
  readonly exchange: Exchange;
  readonly answered: number;
}

/**
 * One look at a sample is enough where it leaves no more than this share of the slack that the slice before was given: it is then as narrow as
 * all requests make it.
 */
const NARROWER = 0.5;

/** The relation that the messages between a request's points allow, found anew with what they allowed before. */
export function tightened(
  base: Base,
  host: Occurrences,
  vcpus: ReadonlyMap<number, number>,
  input: KnownClocks,
  { rough, first, isOfBefore, epochs }: Beginning,
): Tightened {
  let relation: Relation | undefined;
  let exchange: Exchange | undefined;
  let answered = 0;
  let { offsetAt, slackNs } = first;
  // Each pass knows the clocks better, so fewer strangers fall into a request's windows; the last, over all, decides.
  const bounding = { ...base, path: boundingPath(base.path, host) };
  const sample = sampleOf(bounding, isOfBefore ? SAMPLING.ofKnown : SAMPLING.ofUnknown);
  const passes = sample === bounding ? [bounding, bounding] : [sample, sample, bounding];
  for (const [pass, some] of passes.entries()) {
    if (pass === 1 && some !== bounding && isOfBefore && slackNs <= first.slackNs * NARROWER) continue;
    const isSure = pass === passes.length - 1 && !base.isLossy;
    const mostViolators = isSure ? MOST_VIOLATORS.ofWhole : MOST_VIOLATORS.ofLossy;
    const scene = withHost(some, otherSide(host, vcpus, offsetAt), slackNs, slackNs);
    const messages = messagesByPoints(scene, follow(scene), input.roundingNs);
    exchange = messages;
    answered = messages.upper.at.length;
    // Above queue depth 1 no request may have been alone: the messages that need no clock then are all there is.
    const enough = messages.lower.at.length > 0 && messages.upper.at.length > 0 ? messages : rough;
    if (enough !== undefined)
      relation = tightRelation(enough, input.sameRate, mostViolators, input.exact, epochs);
    else if (input.exact !== undefined) relation = oneSidedRelation(messages, input.exact, epochs);
    else relation = unrelated(ONE_DIRECTION);
    if (relation.method === 'none') break;
    offsetAt = relation.offsetAt;
    slackNs = relation.uncertaintyNs;
  }
  return { relation: relation!, exchange: exchange!, answered };
}
