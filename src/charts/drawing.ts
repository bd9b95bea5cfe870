/**
 * What a chart is here: an option object for echarts and the height it needs. Pure, and the same for the page, SVG and PNG. Bars and
 * labels are placed by us, to the pixel, so that a label is left out rather than cut; echarts draws them and finds what is pointed at.
 */
import type { CustomSeriesOption, CustomSeriesRenderItemReturn } from 'echarts';
import type { EChartsCoreOption } from 'echarts/core';
import type { ChartTheme } from './chart-theme.ts';

export interface Drawing {
  readonly option: EChartsCoreOption;
  readonly height: number;
  /** What it is made of, in the order it is drawn. */
  readonly shapes: readonly Shape[];
  /** Lines about the item pointed at; undefined where there is nothing to say. */
  tip?(series: number, item: number): readonly string[] | undefined;
}

/** One thing drawn, in pixels, and what it says when it is pointed at. */
export interface Shape {
  readonly element: NonNullable<CustomSeriesRenderItemReturn>;
  readonly tip?: readonly string[];
}

export const TEXT_SIZE = 12;

export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  tip?: readonly string[],
): Shape {
  const element: Shape['element'] = {
    type: 'rect',
    shape: { x, y, width, height },
    style: { fill },
    silent: tip === undefined,
  };
  return tip === undefined ? { element } : { element, tip };
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, dashed = false): Shape {
  return {
    element: {
      type: 'line',
      shape: { x1, y1, x2, y2 },
      style: { stroke, lineWidth: 1, ...(dashed ? { lineDash: [3, 3] } : {}) },
      silent: true,
    },
  };
}

/** Text whose left, middle or right end is at x, and its middle at y. */
export function label(
  text: string,
  x: number,
  y: number,
  { theme, align = 'left', fill = theme.ink, size = TEXT_SIZE, bold = false }: LabelStyle,
): Shape {
  return {
    element: {
      type: 'text',
      style: {
        text: measurable(text),
        x,
        y,
        fill,
        font: `${bold ? '600 ' : ''}${size}px ${theme.font}`,
        align,
        verticalAlign: 'middle',
      },
      silent: true,
    },
  };
}

/**
 * zrender remembers the widths of texts in a plain object (core/LRU.ts), so that a text '__proto__' would make it write to the prototype
 * of every object. A text that names something an object has anyway gets a space behind it.
 */
function measurable(text: string): string {
  return text in {} ? `${text} ` : text;
}

export interface LabelStyle {
  readonly theme: ChartTheme;
  readonly align?: 'left' | 'center' | 'right';
  readonly fill?: string;
  readonly size?: number;
  readonly bold?: boolean;
}

/** A chart of nothing but shapes. */
export function drawingOf(shapes: readonly Shape[], height: number): Drawing {
  return {
    option: { animation: false, series: [shapeSeries(shapes)] },
    shapes,
    height,
    tip: (_, item) => shapes[item]?.tip,
  };
}

/** Shapes as a series without axes. */
export function shapeSeries(shapes: readonly Shape[]): CustomSeriesOption {
  return {
    type: 'custom',
    coordinateSystem: 'none',
    data: shapes.map((_, at) => at),
    renderItem: ({ dataIndex }) => shapes[dataIndex]!.element,
  };
}

const NARROW = /[ijltfrI.,:;|'’()[\]/ -]/;
const WIDE = /[mwMW%@—…→]/;

/** Pixels a text takes at most in the fonts of our themes; generous, as fonts differ. */
export function textWidth(text: string, size = TEXT_SIZE): number {
  let ems = 0;
  for (const character of text) ems += NARROW.test(character) ? 0.4 : WIDE.test(character) ? 0.97 : 0.64;
  return ems * size;
}
