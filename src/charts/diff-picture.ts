/** A comparison as one picture that stands alone: the answer, two stacks, the waterfall of differences. */
import type { DiffModel } from '../diff/diff-model.ts';
import { diffVerdict, methodSentence, sideLines, totalSentence, warnings } from '../render/diff-sentences.ts';
import { escapeStrings, escapeTerminal } from '../render/escape.ts';
import { clip } from '../render/wrap.ts';
import { pictureTheme } from './chart-theme.ts';
import { diffStacks, diffWaterfall } from './diff-chart.ts';
import { sheetSvg } from './picture-sheet.ts';

const LONGEST_STRING = 300;

/** SVG text. `model` comes as it is: foreign strings are escaped here, and by the SVG's own rules when it is written. */
export function diffSvg(model: DiffModel): string {
  const safe = escapeStrings(model, (text) => escapeTerminal(clip(text, LONGEST_STRING)));
  const charts =
    safe.stages.length === 0
      ? []
      : [
          { draw: (sizes: Parameters<typeof diffStacks>[1]) => diffStacks(safe, sizes) },
          { draw: (sizes: Parameters<typeof diffStacks>[1]) => diffWaterfall(safe, sizes) },
        ];
  return sheetSvg(
    [
      { text: diffVerdict(safe), size: 18, bold: true },
      { text: totalSentence(safe) },
      ...sideLines(safe).map((text) => ({ text, faint: true, size: 12 })),
      ...warnings(safe).map((text) => ({ text, faint: true, size: 12 })),
      ...charts,
      { text: `${methodSentence(safe)} ${safe.tool.name} ${safe.tool.version}`, faint: true, size: 11 },
    ],
    pictureTheme(),
  );
}
