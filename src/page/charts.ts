/** Draws the charts into their places, again when the width or the colours change. */
import { CustomChart } from 'echarts/charts';
import { TooltipComponent } from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type ChartTheme, DARK, LIGHT } from '../charts/chart-theme.ts';
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

use([CustomChart, TooltipComponent, SVGRenderer]);

type Sizes = { readonly theme: ChartTheme; readonly width: number };

export interface Charts {
  /** Draws all of them anew; `printing` in light colours at the width of a sheet. */
  redraw(printing?: boolean): void;
  showRequest(number: number): FollowedRequest;
  /** Told the number of a request that was pointed out in a chart. */
  onRequest(listener: (number: number) => void): void;
}

/** CSS pixels that fit on A4 and Letter with usual margins. */
const SHEET = 660;

const dark = matchMedia('(prefers-color-scheme: dark)');

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
  const places = [...document.querySelectorAll<HTMLElement>('[data-chart]')].map(
    (element) => new Place(element, drawings[element.dataset['chart']!]!),
  );
  const placeOf = (name: string) => places.find(({ element }) => element.dataset['chart'] === name);
  const redraw = (printing = false): void => {
    for (const place of places) place.draw(printing);
  };
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-scale]'))
    button.addEventListener('click', () => {
      const name = button.dataset['scale']!;
      if (!oneScale.delete(name)) oneScale.add(name);
      button.setAttribute('aria-pressed', String(oneScale.has(name)));
      placeOf(name)?.draw();
    });
  placeOf('over-time')?.onItem((item) => {
    const number = over?.request(item);
    if (number !== undefined) for (const listener of listeners) listener(number);
  });
  dark.addEventListener('change', () => redraw());
  new ResizeObserver(() => redraw()).observe(document.querySelector('main')!);
  redraw();
  return {
    redraw,
    showRequest: (number) => {
      const row = picture.sample.rows.find((each) => each[0] === number)!;
      request = followedRequest(row, picture, table);
      placeOf('waterfall')?.draw();
      return request;
    },
    onRequest: (listener) => void listeners.push(listener),
  };
}

/** An element that holds a chart. */
class Place {
  readonly element: HTMLElement;
  readonly #drawing: (sizes: Sizes) => Drawing | undefined;
  #chart: ECharts | undefined;
  #onItem: ((item: number) => void) | undefined;

  constructor(element: HTMLElement, drawing: (sizes: Sizes) => Drawing | undefined) {
    this.element = element;
    this.#drawing = drawing;
  }

  onItem(listener: (item: number) => void): void {
    this.#onItem = listener;
    this.#chart?.on('click', ({ dataIndex }) => listener(dataIndex));
  }

  draw(printing = false): void {
    const width = printing ? SHEET : this.element.clientWidth;
    if (width < 50) return;
    const theme = dark.matches && !printing ? DARK : LIGHT;
    const drawing = this.#drawing({ theme, width });
    if (drawing === undefined) return;
    const { option, height, tip } = drawing;
    this.element.style.height = `${height}px`;
    if (this.#chart === undefined) {
      this.#chart = init(this.element, null, { renderer: 'svg', width, height });
      const listener = this.#onItem;
      if (listener !== undefined) this.#chart.on('click', ({ dataIndex }) => listener(dataIndex));
    } else this.#chart.resize({ width, height });
    this.#chart.setOption({ ...option, tooltip: tooltip(theme, tip) }, true);
    this.#chart.getZr().flush();
  }
}

/** Made of elements: a tip's text is never markup. */
function tooltip(theme: ChartTheme, tip: Drawing['tip']): object {
  return {
    trigger: 'item',
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.paper,
    borderColor: theme.line,
    textStyle: { color: theme.ink, fontSize: 12, fontFamily: theme.font },
    formatter: ({ seriesIndex, dataIndex }: { seriesIndex: number; dataIndex: number }) => {
      const box = document.createElement('div');
      (tip?.(seriesIndex, dataIndex) ?? []).forEach((text, at) => {
        const row = document.createElement(at === 0 ? 'b' : 'div');
        row.textContent = text;
        box.append(row);
      });
      return box;
    },
  };
}
