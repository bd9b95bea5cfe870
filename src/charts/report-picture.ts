/** A report as one picture that stands alone: the verdict, the stacks with their key, the distribution, the typical request. */
import type { PictureModel } from '../picture/picture-model.ts';
import { escapeStrings, escapeTerminal } from '../render/escape.ts';
import { aboutParts, contradiction, splitSentence, verdictLine, verdictParts } from '../render/sentences.ts';
import { type StageTable, stageTable } from '../render/stage-rows.ts';
import { clip } from '../render/wrap.ts';
import type { ReportModel } from '../report/report-model.ts';
import { pictureTheme } from './chart-theme.ts';
import { distributionChart } from './distribution-chart.ts';
import { followedRequest } from './followed-request.ts';
import { type Block, sheetSvg } from './picture-sheet.ts';
import { stackChart } from './stack-chart.ts';
import { stackKey } from './stack-key.ts';
import { bandStacks } from './stage-stacks.ts';
import { waterfallChart } from './waterfall-chart.ts';

const LONGEST_STRING = 300;

/** SVG text. The models come as they are: foreign strings are escaped here, and by the SVG's own rules when it is written. */
export function reportSvg(foreign: ReportModel, picture: PictureModel): string {
  const harmless = (text: string) => escapeTerminal(clip(text, LONGEST_STRING));
  const model = escapeStrings(foreign, harmless);
  const measured = model.requests.matched > 0;
  const table = stageTable(model);
  return sheetSvg(
    [
      {
        text: model.recording.title === '' ? model.path.title : model.recording.title,
        size: 13,
        faint: true,
      },
      ...(measured
        ? numbers(model, escapeStrings(picture, harmless), table)
        : [
            {
              text: 'No request could be followed from end to end, so there are no times to show.',
              size: 18,
              bold: true,
            },
          ]),
      { text: `grade ${model.grade.letter}; ${verdictParts(model).join('; ')}`, faint: true, size: 12 },
      {
        text: `${aboutParts(model).join(', ')}. ${model.tool.name} ${model.tool.version}`,
        faint: true,
        size: 12,
      },
    ],
    pictureTheme(),
  );
}

function numbers(model: ReportModel, picture: PictureModel, table: StageTable): Block[] {
  const warning = contradiction(table);
  const typical = picture.sample.rows.find(([number]) => number === picture.sample.typical);
  return [
    ...(warning === '' ? [] : [{ text: warning, size: 18, bold: true }]),
    { text: verdictLine(model, table), size: 18, bold: true },
    { text: splitSentence(model, table) },
    {
      draw: (sizes) => stackChart(bandStacks(model, table), { ...sizes, unit: table.unit, oneScale: false }),
    },
    { draw: (sizes) => stackKey(table, sizes) },
    { text: 'Latency of all requests', bold: true },
    { draw: (sizes) => distributionChart(model, picture, sizes) },
    ...(typical === undefined
      ? []
      : [
          { text: 'The request nearest the median', bold: true },
          {
            draw: (sizes: Parameters<typeof waterfallChart>[1]) =>
              waterfallChart(followedRequest(typical, picture, table), sizes),
          },
        ]),
  ];
}
