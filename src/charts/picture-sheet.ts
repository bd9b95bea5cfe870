/** A picture made of texts and drawings one below the other, and its SVG. */
import { CustomChart } from 'echarts/charts';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ChartTheme } from './chart-theme.ts';
import { type Drawing, drawingOf, label, type Shape, textWidth } from './drawing.ts';

use([CustomChart, SVGRenderer]);

/** Pixels; what trackers show an attached picture at without scaling it down. */
export const SHEET_WIDTH = 1000;
const MARGIN = 20;
const INNER = SHEET_WIDTH - 2 * MARGIN;
const GAP = 18;

/** A drawing, or text of a size. */
export type Block =
  | { readonly draw: (sizes: { readonly theme: ChartTheme; readonly width: number }) => Drawing }
  | { readonly text: string; readonly size?: number; readonly bold?: boolean; readonly faint?: boolean };

/** Everything below each other, on a white sheet. Pure: the same blocks give the same SVG. */
export function sheetSvg(blocks: readonly Block[], theme: ChartTheme): string {
  let y = MARGIN;
  const shapes: Shape[] = [];
  for (const block of blocks) {
    const { placed, height } = 'draw' in block ? drawn(block, theme) : written(block, theme);
    shapes.push(...placed.map((shape) => moved(shape, MARGIN, y)));
    y += height + ('draw' in block ? GAP : 4);
  }
  return svgOf(drawingOf(shapes, y), SHEET_WIDTH, theme);
}

function drawn({ draw }: Extract<Block, { draw: unknown }>, theme: ChartTheme) {
  const drawing = draw({ theme, width: INNER });
  return { placed: drawing.shapes, height: drawing.height };
}

function written(
  { text, size = 13, bold = false, faint = false }: Extract<Block, { text: string }>,
  theme: ChartTheme,
) {
  const lineHeight = Math.round(size * 1.4);
  const lines = linesOf(text, size * (bold ? 1.05 : 1));
  const placed = lines.map((each, at) =>
    label(each, 0, (at + 0.5) * lineHeight, { theme, size, bold, fill: faint ? theme.muted : theme.ink }),
  );
  return { placed, height: lines.length * lineHeight };
}

const MOST_LINES = 6;

function linesOf(text: string, size: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    const candidate = current === '' ? word : `${current} ${word}`;
    if (textWidth(candidate, size) <= INNER || current === '') current = fitting(candidate, size);
    else {
      lines.push(current);
      current = fitting(word, size);
    }
  }
  lines.push(current);
  return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES), '…'];
}

/** A word that is wider than the sheet is cut, with a sign that it was. */
function fitting(text: string, size: number): string {
  if (textWidth(text, size) <= INNER) return text;
  const most = Math.floor(INNER / size);
  return `${[...text].slice(0, most).join('')}…`;
}

function moved(shape: Shape, x: number, y: number): Shape {
  return { element: { type: 'group', x, y, children: [shape.element], silent: true } as Shape['element'] };
}

/** The SVG of a drawing, as text. */
function svgOf({ option, height }: Drawing, width: number, theme: ChartTheme): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ ...option, backgroundColor: theme.paper });
    return `${plainFonts(chart.renderToSVGString())}\n`;
  } finally {
    chart.dispose();
  }
}

/**
 * Fonts as attributes, as not everything that draws SVG reads the shorthand that echarts writes, and no style for a pointer that a picture
 * never meets. Texts hold neither a raw quote nor a raw angle bracket.
 */
function plainFonts(svg: string): string {
  const still = svg.replace(/<style[^>]*>[\s\S]*?<\/style>/g, '');
  return still.replace(
    / style="font: (\d{3} )?(\d+)px ([^";]*)"/g,
    (_, weight: string | undefined, size: string, family: string) =>
      ` font-family="${family}" font-size="${size}"${weight === undefined ? '' : ` font-weight="${weight.trim()}"`}`,
  );
}
