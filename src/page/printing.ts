/** On paper: light colours at a sheet's width, and nothing folded. */
import type { Charts } from './charts.ts';

export function watchPrinting(charts: Charts): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details')].filter(({ open }) => !open);
    for (const each of opened) each.open = true;
    charts.redraw(true);
  });
  addEventListener('afterprint', () => {
    for (const each of opened) each.open = false;
    charts.redraw();
  });
}
