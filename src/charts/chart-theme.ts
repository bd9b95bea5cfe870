import type { Side } from '../render/stacked-bar.ts';

/** Colours and font of a chart. Sides are told apart by place and name as well, stages by their letters. */
export interface ChartTheme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  /** Two tones per side, for neighbouring stages. */
  readonly sides: Readonly<Record<Side, readonly [string, string]>>;
  /** Median, high percentile and maximum; requests left out; places without events. */
  readonly median: string;
  readonly high: string;
  readonly missing: string;
  readonly font: string;
}

/** From Okabe and Ito's set: blue, orange, bluish green, vermilion, reddish purple; apart also without red, green or blue. */
const SIDES: ChartTheme['sides'] = {
  submit: ['#56a8d8', '#86c3e6'],
  device: ['#e69f00', '#f2c14e'],
  complete: ['#2fae87', '#7fcfb4'],
};

/** Text on a stage's colour, in both themes: 7 to 1 on all of them or nearly. */
export const ON_STAGE = '#0d1418';

const PAGE_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
/** A picture has no page around it: a font that is nearly everywhere first. No quotes: echarts does not escape them in attributes. */
export const PICTURE_FONT = 'DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif';

/** A picture of its own: light, as most places it is pasted into are. */
export const pictureTheme = (): ChartTheme => ({ ...LIGHT, font: PICTURE_FONT });

export const LIGHT: ChartTheme = {
  paper: '#ffffff',
  ink: '#16202a',
  muted: '#566370',
  line: '#d5dce2',
  sides: SIDES,
  median: '#0072b2',
  high: '#d55e00',
  missing: '#cc79a7',
  font: PAGE_FONT,
};

export const DARK: ChartTheme = {
  ...LIGHT,
  paper: '#12171c',
  ink: '#e8edf1',
  muted: '#a3afba',
  line: '#333d46',
  median: '#56b4e9',
  high: '#f0894a',
  missing: '#df9bc2',
};
