/** The script of the HTML report and of a comparison: charts, sorting, one request at a time. Runs in a browser from the file itself. */
import { diffStacks, diffWaterfall } from '../charts/diff-chart.ts';
import type { DiffModel } from '../diff/diff-model.ts';
import type { PictureModel } from '../picture/picture-model.ts';
import { stageTable } from '../render/stage-rows.ts';
import type { ReportModel } from '../report/report-model.ts';
import { drawCharts } from './charts.ts';
import { pickRequests } from './pick-request.ts';
import { placeCharts } from './place.ts';
import { watchPrinting } from './printing.ts';
import { sortTables } from './sort-table.ts';

type PageData =
  | { readonly model: ReportModel; readonly picture: PictureModel }
  | { readonly diff: DiffModel };

/** Draws all charts; gives back how to draw them anew. */
function draw(data: PageData): (printing?: boolean) => void {
  if ('diff' in data)
    return placeCharts({
      'diff-stacks': (sizes) => diffStacks(data.diff, sizes),
      'diff-waterfall': (sizes) => diffWaterfall(data.diff, sizes),
    }).redraw;
  const charts = drawCharts(data.model, data.picture, stageTable(data.model));
  pickRequests(data.picture, charts);
  return charts.redraw;
}

sortTables(document);
const redraw = draw(JSON.parse(document.getElementById('report-data')!.textContent) as PageData);
redraw();
watchPrinting(redraw);
document.documentElement.dataset['ready'] = 'true';
