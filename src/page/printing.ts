/** On paper: light colours at a sheet's width, and nothing folded. */
export function watchPrinting(redraw: (printing?: boolean) => void): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details')].filter(({ open }) => !open);
    for (const each of opened) each.open = true;
    redraw(true);
  });
  addEventListener('afterprint', () => {
    for (const each of opened) each.open = false;
    redraw();
  });
}
