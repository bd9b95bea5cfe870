/** A place on the page that holds a chart: drawn again when the width or the colours change. */
import { CustomChart } from 'echarts/charts';
import { TooltipComponent } from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type ChartTheme, DARK, LIGHT } from '../charts/chart-theme.ts';
import type { Drawing } from '../charts/drawing.ts';

use([CustomChart, TooltipComponent, SVGRenderer]);

export type Sizes = { readonly theme: ChartTheme; readonly width: number };

/** CSS pixels that fit on A4 and Letter with usual margins. */
const SHEET = 660;

const darkColours = matchMedia('(prefers-color-scheme: dark)');

/** The places of the page, by the names of their charts, and how to draw all of them anew. */
export function placeCharts(drawings: Readonly<Record<string, (sizes: Sizes) => Drawing | undefined>>) {
  const places = new Map(
    [...document.querySelectorAll<HTMLElement>('[data-chart]')].map((element) => {
      const name = element.dataset['chart']!;
      return [name, new Place(element, drawings[name]!)] as const;
    }),
  );
  let onPaper = false;
  const redrawAll = (): void => {
    for (const place of places.values()) place.draw(onPaper);
  };
  /** `printing`: in light colours at the width of a sheet, and so until the next call, whatever the window does meanwhile. */
  const redraw = (printing = false): void => {
    onPaper = printing;
    redrawAll();
  };
  darkColours.addEventListener('change', redrawAll);
  new ResizeObserver(redrawAll).observe(document.querySelector('main')!);
  return { places, redraw };
}

/** An element that holds a chart. */
export class Place {
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
    const theme = darkColours.matches && !printing ? DARK : LIGHT;
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
