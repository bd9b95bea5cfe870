/** One request at a time: typical, slowest, the next by latency, or any by number. */
import { type RequestPoint, totalOf } from '../charts/followed-request.ts';
import type { PictureModel } from '../picture/picture-model.ts';
import { formatCount } from '../render/format-ns.ts';
import type { Charts } from './charts.ts';

export function pickRequests({ sample }: PictureModel, charts: Charts): void {
  const form = document.getElementById('pick') as HTMLFormElement | null;
  if (form === null || sample.rows.length === 0) return;
  const input = document.getElementById('pick-number') as HTMLInputElement;
  const status = document.getElementById('picked')!;
  const byLatency = sample.rows.toSorted((a, b) => totalOf(a) - totalOf(b)).map(([number]) => number);
  let current = sample.typical ?? byLatency[0]!;
  const show = (number: number, remark = ''): void => {
    current = number;
    input.value = String(number);
    const request = charts.showRequest(number);
    status.textContent = `${remark}${request.about}.`;
    document.getElementById('points')!.replaceChildren(...request.points.map(pointRow));
  };
  const rank = () => byLatency.indexOf(current);
  const picks: Record<string, () => number> = {
    typical: () => sample.typical ?? current,
    slowest: () => sample.slowest ?? current,
    slower: () => byLatency[Math.min(byLatency.length - 1, rank() + 1)]!,
    faster: () => byLatency[Math.max(0, rank() - 1)]!,
  };
  for (const button of form.querySelectorAll<HTMLButtonElement>('[data-pick]'))
    button.addEventListener('click', () => show(picks[button.dataset['pick']!]!()));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = Number(input.value);
    if (input.value === '' || !Number.isInteger(wanted)) {
      status.textContent = 'A whole number is needed.';
      return;
    }
    const nearest = nearestOf(
      sample.rows.map(([number]) => number),
      wanted,
    );
    const remark =
      nearest === wanted ? '' : `Request ${formatCount(wanted)} is not on this page; the nearest that is: `;
    show(nearest, remark);
  });
  charts.onRequest((number) => {
    show(number);
    document.getElementById('request')!.scrollIntoView({ block: 'nearest' });
  });
  show(current);
}

/** A point as a row; text is set, never markup. */
function pointRow({ id, title, side, atNs, border }: RequestPoint): HTMLTableRowElement {
  const row = document.createElement('tr');
  const cells = [id, title, side, border ? 'border of stages' : '', formatCount(atNs)];
  cells.forEach((text, at) => {
    const cell = document.createElement(at === 0 ? 'th' : 'td');
    if (at === 0) cell.setAttribute('scope', 'row');
    if (at === 4) cell.className = 'number';
    cell.textContent = text;
    row.append(cell);
  });
  return row;
}

function nearestOf(numbers: readonly number[], wanted: number): number {
  return numbers.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
}
