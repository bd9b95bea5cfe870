/** The script of the HTML report: charts, sorting, one request at a time. Runs in a browser from the file itself. */
import type { PictureModel } from '../picture/picture-model.ts';
import { stageTable } from '../render/stage-rows.ts';
import type { ReportModel } from '../report/report-model.ts';
import { drawCharts } from './charts.ts';
import { pickRequests } from './pick-request.ts';
import { watchPrinting } from './printing.ts';
import { sortTables } from './sort-table.ts';

interface PageData {
  readonly model: ReportModel;
  readonly picture: PictureModel;
}

const { model, picture } = JSON.parse(document.getElementById('report-data')!.textContent) as PageData;

sortTables(document);
const charts = drawCharts(model, picture, stageTable(model));
pickRequests(picture, charts);
watchPrinting(charts);
document.documentElement.dataset['ready'] = 'true';
