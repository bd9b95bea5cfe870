/** The charts of a report, in their places. */
import { distributionChart } from '../charts/distribution-chart.ts';
import type { Drawing } from '../charts/drawing.ts';
import { type FollowedRequest, followedRequest } from '../charts/followed-request.ts';
import { lossChart } from '../charts/loss-chart.ts';
import { stackChart } from '../charts/stack-chart.ts';
import { bandStacks, variantStacks } from '../charts/stage-stacks.ts';
import { type TimeChart, timeChart } from '../charts/time-chart.ts';
import { waterfallChart } from '../charts/waterfall-chart.ts';
import type { PictureModel } from '../picture/picture-model.ts';
import type { StageTable } from '../render/stage-rows.ts';
import type { ReportModel } from '../report/report-model.ts';
import { placeCharts, type Sizes } from './place.ts';

export interface Charts {
  /** Draws all of them anew; `printing` in light colours at the width of a sheet. */
  redraw(printing?: boolean): void;
  showRequest(number: number): FollowedRequest;
  /** Told the number of a request that was pointed out in a chart. */
  onRequest(listener: (number: number) => void): void;
}

export function drawCharts(model: ReportModel, picture: PictureModel, table: StageTable): Charts {
  const oneScale = new Set<string>();
  const listeners: ((number: number) => void)[] = [];
  let request: FollowedRequest | undefined;
  let over: TimeChart | undefined;
  const stacks = (name: string, rows: ReturnType<typeof bandStacks>) => (sizes: Sizes) =>
    stackChart(rows, { ...sizes, unit: table.unit, oneScale: oneScale.has(name) });
  const drawings: Record<string, (sizes: Sizes) => Drawing | undefined> = {
    losses: (sizes) => lossChart(picture, sizes),
    stacks: stacks('stacks', bandStacks(model, table)),
    variants: stacks('variants', variantStacks(model, table)),
    distribution: (sizes) => distributionChart(model, picture, sizes),
    'over-time': (sizes) => {
      over = timeChart(picture, sizes);
      return over;
    },
    waterfall: (sizes) => (request === undefined ? undefined : waterfallChart(request, sizes)),
  };
  const { places, redraw } = placeCharts(drawings);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-scale]'))
    button.addEventListener('click', () => {
      const name = button.dataset['scale']!;
      if (!oneScale.delete(name)) oneScale.add(name);
      button.setAttribute('aria-pressed', String(oneScale.has(name)));
      places.get(name)?.draw();
    });
  places.get('over-time')?.onItem((item) => {
    const number = over?.request(item);
    if (number !== undefined) for (const listener of listeners) listener(number);
  });
  redraw();
  return {
    redraw,
    showRequest: (number) => {
      const row = picture.sample.rows.find((each) => each[0] === number)!;
      request = followedRequest(row, picture, table);
      places.get('waterfall')?.draw();
      return request;
    },
    onRequest: (listener) => void listeners.push(listener),
  };
}
