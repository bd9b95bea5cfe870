/** A comparison whose every free text is an attack on a terminal, a web page, Markdown or SVG. Synthetic. */
import type { Difference, DiffModel } from '../../src/diff/diff-model.ts';
import { HOSTILE_TEXTS } from './hostile-report.ts';

function drawn(aNs: number, bNs: number): Difference {
  const ns = bNs - aNs;
  return {
    aNs,
    bNs,
    ns,
    lowNs: ns - 100,
    highNs: ns + 100,
    bulk: { ns, lowNs: ns - 50, highNs: ns + 50 },
    slowerChance: 0.7,
    p: 0.01,
    wanderNs: 10,
    clockNs: 0,
    smallestNs: 120,
    shown: ns > 0 ? 'slower' : 'faster',
    by: 'mean',
    heldBy: null,
  };
}

/** As many stages, settings and notes as there are hostile texts. */
export function hostileDiff(): DiffModel {
  const side = (title: string) => ({
    title,
    runs: HOSTILE_TEXTS.map((name) => ({ name, requests: 10, meanNs: 1000, grade: 'A' as const })),
    requests: 10 * HOSTILE_TEXTS.length,
  });
  const stages = HOSTILE_TEXTS.map((text, at) => ({
    id: text,
    title: text,
    side: (['submit', 'device', 'complete'] as const)[at % 3]!,
    ofA: [text],
    ofB: [text],
    ...drawn(1000, at % 2 === 0 ? 1500 : 700),
  }));
  const sum = (pick: (of: Difference) => number) => stages.reduce((total, stage) => total + pick(stage), 0);
  return {
    diff: 1,
    tool: { name: 'iotrace', version: HOSTILE_TEXTS[3]! },
    kind: 'recordings',
    a: side(HOSTILE_TEXTS[0]!),
    b: side(HOSTILE_TEXTS[3]!),
    method: {
      unit: 'blocks',
      unitsA: 10,
      unitsB: 10,
      paired: false,
      resamples: 9999,
      seed: 1,
      questions: 42,
    },
    total: drawn(
      sum(({ aNs }) => aNs),
      sum(({ bNs }) => bNs),
    ),
    stages,
    matters: HOSTILE_TEXTS.map((text) => ({ name: text, a: text, b: text, refuses: true })),
    found: HOSTILE_TEXTS.map((text) => ({ name: text, a: null, b: text, refuses: false })),
    settings: HOSTILE_TEXTS.map((text) => ({ name: text, a: text, b: null, refuses: false })),
    notes: HOSTILE_TEXTS,
  };
}
