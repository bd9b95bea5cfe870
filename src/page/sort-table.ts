/** Buttons in a table's head sort its rows. The first column is the order of the report, sides and all; others mix the sides. */

export function sortTables(root: ParentNode): void {
  for (const table of root.querySelectorAll<HTMLTableElement>('table.sortable')) sortable(table);
}

function sortable(table: HTMLTableElement): void {
  const heads = [...table.tHead!.rows[0]!.cells];
  const bodies = [...table.tBodies];
  const rows = bodies.flatMap((body) => [...body.rows].filter((row) => !row.classList.contains('side')));
  const placed = bodies.map((body) => [...body.rows]);
  const sorted = document.createElement('tbody');
  sorted.className = 'sorted';
  const restore = (): void => {
    sorted.remove();
    bodies.forEach((body, at) => {
      body.append(...placed[at]!);
      table.append(body);
    });
  };
  const sort = (column: number, down: boolean): void => {
    for (const body of bodies) body.remove();
    sorted.append(...rows.toSorted((a, b) => compare(a, b, column, down)));
    table.append(sorted);
  };
  heads.forEach((head, column) => {
    head.querySelector('button')?.addEventListener('click', () => {
      const was = head.getAttribute('aria-sort');
      // Numbers: the largest first, as that is what one looks for.
      const down = column > 0 && was !== 'descending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      if (column === 0) restore();
      else sort(column, down);
    });
  });
}

/** What is not known stays at the end whichever way is sorted. */
function compare(a: HTMLTableRowElement, b: HTMLTableRowElement, column: number, down: boolean): number {
  const value = (row: HTMLTableRowElement) => {
    const text = row.cells[column]!.dataset['sort'] ?? '';
    return text === '' ? undefined : Number(text);
  };
  const [x, y] = [value(a), value(b)];
  if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
  return down ? y - x : x - y;
}
