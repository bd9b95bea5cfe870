import { describe, expect, it } from 'vitest';
import type { ExactRelation } from '../../src/clocks/relation.ts';
import type { Exchange } from '../../src/correlate/messages.ts';
import { tightRelation } from '../../src/correlate/relate.ts';
import { setBetweenMessages } from '../../src/correlate/set-clocks.ts';

const EPOCHS = { app: 0n, host: 0n };

/** Requests every 100 µs; a message to the host takes 3 to 12 µs, one back 2 to 9; the guest's clock is ahead by `offsetNs`. */
function messages(count: number, offsetNs: (request: number) => number): Exchange {
  const request = Int32Array.from({ length: count }, (_, at) => at);
  const at = Float64Array.from(request, (each) => each * 100_000);
  const took = (each: number, least: number, spread: number) => least + ((each * 7919) % spread);
  return {
    lower: {
      request,
      at,
      offset: Float64Array.from(request, (each) => offsetNs(each) - took(each, 3000, 9000)),
    },
    upper: {
      request,
      at,
      offset: Float64Array.from(request, (each) => offsetNs(each) + took(each, 2000, 7000)),
    },
  };
}

const exactly = (offsetNs: number): ExactRelation => ({
  method: 'tsc',
  offsetAt: () => offsetNs,
  uncertaintyNs: 1,
});

function said(exchange: Exchange, exact?: ExactRelation) {
  return setBetweenMessages(tightRelation(exchange, true, 0.02, exact, EPOCHS), exact, [exchange]);
}

describe('messages that contradict a relation from a moment on, drawn', () => {
  it('say that a clock was set', () => {
    const set = messages(100, (request) => (request < 60 ? 0 : 8_000));
    expect(said(set, exactly(0))).toMatch(/by 5 µs from a moment on: a machine’s clock was set/);
    expect(said(set, exactly(8_000))).toMatch(/a machine’s clock was set/);
  });

  it('say so of the messages of other requests than those that relate the clocks', () => {
    const few = messages(10, () => 0);
    const relation = tightRelation(few, true, 0.02, exactly(0), EPOCHS);
    const all = messages(100, (request) => (request < 60 ? 0 : 8_000));
    expect(setBetweenMessages(relation, exactly(0), [few, all])).toBeDefined();
  });

  it('say nothing where all agree', () => {
    expect(
      said(
        messages(100, () => 0),
        exactly(0),
      ),
    ).toBeUndefined();
    expect(said(messages(100, () => 0))).toBeUndefined();
  });

  it('say nothing of a relation that is wrong throughout, or of strangers here and there', () => {
    expect(
      said(
        messages(100, () => 8_000),
        exactly(0),
      ),
    ).toBeUndefined();
    const strangers = messages(400, (request) => (request % 90 === 50 ? 30_000 : 0));
    expect(said(strangers)).toBeUndefined();
  });
});
